package dev.gyropilot.node.simulate;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How long a simulated pod says it runs. */
final class SimulatedDuration {
    /** Annotation with a duration such as {@code 90s} or {@code 1h30m}, after which the pod completes. */
    static final String ANNOTATION = "gyropilot.dev/simulated-duration";

    private static final Logger log = LoggerFactory.getLogger(SimulatedDuration.class);
    private static final Pattern PART = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ms|s|m|h)");
    private static final Map<String, Double> MILLIS = Map.of("ms", 1.0, "s", 1e3, "m", 60e3, "h", 3600e3);

    private SimulatedDuration() {}

    /** Empty for a pod that runs until it is deleted. */
    static Optional<Duration> of(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String text = annotations == null ? null : annotations.get(ANNOTATION);
        if (text == null || "Always".equals(pod.getSpec().getRestartPolicy())) {
            return Optional.empty();
        }
        Optional<Duration> parsed = parse(text);
        if (parsed.isEmpty()) {
            log.warn(
                    "annotation {} of pod {}/{} is \"{}\"; write a duration such as 90s or 1h30m",
                    ANNOTATION,
                    pod.getMetadata().getNamespace(),
                    pod.getMetadata().getName(),
                    text);
        }
        return parsed;
    }

    static Optional<Duration> parse(String text) {
        Matcher matcher = PART.matcher(text.strip());
        double millis = 0;
        int at = 0;
        while (matcher.find() && matcher.start() == at) {
            millis += Double.parseDouble(matcher.group(1)) * MILLIS.getOrDefault(matcher.group(2), 0.0);
            at = matcher.end();
        }
        return at == 0 || at != text.strip().length()
                ? Optional.empty()
                : Optional.of(Duration.ofMillis((long) millis));
    }
}
