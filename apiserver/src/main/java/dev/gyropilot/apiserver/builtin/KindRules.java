package dev.gyropilot.apiserver.builtin;

import java.util.HashMap;
import java.util.Map;

/** The rules of all built-in kinds, by {@code group/Kind}; kinds without an entry follow {@link KindRule#plain()}. */
final class KindRules {
    private static final Map<String, KindRule> BY_KIND = collect();

    private KindRules() {}

    private static Map<String, KindRule> collect() {
        Map<String, KindRule> rules = new HashMap<>();
        rules.putAll(PodRules.rules());
        rules.putAll(WorkloadRules.rules());
        rules.putAll(NetworkRules.rules());
        rules.putAll(ClusterRules.rules());
        rules.putAll(AccessRules.rules());
        rules.putAll(DeviceRules.rules());
        return rules;
    }

    static KindRule of(String group, String kind) {
        return BY_KIND.getOrDefault(group + "/" + kind, KindRule.plain());
    }
}
