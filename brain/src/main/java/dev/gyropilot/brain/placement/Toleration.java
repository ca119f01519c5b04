package dev.gyropilot.brain.placement;

import java.util.Optional;

/**
 * What a pod tolerates.
 *
 * @param key empty: every key
 * @param exists whether any value will do
 * @param effect empty: every effect
 */
public record Toleration(String key, boolean exists, String value, Optional<Taint.Effect> effect) {
    public boolean tolerates(Taint taint) {
        if (effect.isPresent() && effect.get() != taint.effect()) {
            return false;
        }
        if (!key.isEmpty() && !key.equals(taint.key())) {
            return false;
        }
        return exists || value.equals(taint.value());
    }

    static boolean any(Iterable<Toleration> tolerations, Taint taint) {
        for (Toleration toleration : tolerations) {
            if (toleration.tolerates(taint)) {
                return true;
            }
        }
        return false;
    }
}
