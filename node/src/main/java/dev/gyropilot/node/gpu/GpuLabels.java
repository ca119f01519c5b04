package dev.gyropilot.node.gpu;

import dev.gyropilot.api.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The labels of a Node with GPUs: only what is known, and none for a Node without. */
final class GpuLabels {
    private static final int VALUE_LIMIT = 63;
    private static final String MIXED = "mixed";

    private GpuLabels() {}

    /** @param published whether a DRA driver publishes the node's devices, which tells more than labels could */
    static Map<String, String> of(List<Gpu> gpus, boolean published) {
        if (gpus.isEmpty() || published) {
            return Map.of();
        }
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(Names.LABEL_GPU_COUNT, Integer.toString(gpus.size()));
        Set<String> products = gpus.stream().map(gpu -> value(gpu.product())).collect(Collectors.toSet());
        if (products.size() > 1) {
            labels.put(Names.LABEL_GPU_PRODUCT, MIXED);
        } else if (!products.contains("")) {
            labels.put(Names.LABEL_GPU_PRODUCT, products.iterator().next());
        }
        if (gpus.stream().allMatch(gpu -> gpu.memoryMebibytes().isPresent())) {
            long least = gpus.stream()
                    .mapToLong(gpu -> gpu.memoryMebibytes().getAsLong())
                    .min()
                    .orElseThrow();
            labels.put(Names.LABEL_GPU_MEMORY, Long.toString(least));
        }
        return labels;
    }

    /** As a label's value may be: letters, digits, dots, dashes and underscores, at both ends a letter or digit. */
    private static String value(String text) {
        String value = text.replaceAll("[^A-Za-z0-9._]+", "-");
        value = value.substring(0, Math.min(value.length(), VALUE_LIMIT));
        return value.replaceAll("^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "");
    }
}
