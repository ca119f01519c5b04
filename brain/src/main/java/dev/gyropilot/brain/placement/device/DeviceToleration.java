package dev.gyropilot.brain.placement.device;

import java.util.Optional;

/**
 * What a request tolerates; kept as written, because a copy goes into the result.
 *
 * @param key empty: every key
 * @param operator {@code Equal} (also when empty) or {@code Exists}; another one never matches
 * @param effect empty: every effect
 */
public record DeviceToleration(
        String key, String operator, String value, String effect, Optional<Long> tolerationSeconds) {
    boolean tolerates(DeviceTaint taint) {
        if (!effect.isEmpty() && !effect.equals(taint.effect())) {
            return false;
        }
        if (!key.isEmpty() && !key.equals(taint.key())) {
            return false;
        }
        return switch (operator) {
            case "", "Equal" -> value.equals(taint.value());
            case "Exists" -> true;
            default -> false;
        };
    }
}
