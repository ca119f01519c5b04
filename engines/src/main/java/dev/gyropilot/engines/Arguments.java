package dev.gyropilot.engines;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The command line of one sub-command: flags with a value ({@code --port 8000} or {@code --port=8000}), switches, and
 * positional words.
 *
 * <p>Declared by {@link Spec}, from which the help text comes as well, so that no flag stays undocumented.
 */
public final class Arguments {
    private final Spec spec;
    private final Map<String, String> values;
    private final List<String> words;

    private Arguments(Spec spec, Map<String, String> values, List<String> words) {
        this.spec = spec;
        this.values = values;
        this.words = words;
    }

    /** The flags of a sub-command. */
    public static final class Spec {
        private final String command;
        private final String summary;
        private final List<String> words = new ArrayList<>();
        private final Map<String, Flag> flags = new LinkedHashMap<>();

        private record Flag(String name, String placeholder, String fallback, String help) {
            boolean isSwitch() {
                return placeholder.isEmpty();
            }
        }

        /** A sub-command's name and what it does, in a sentence. */
        public Spec(String command, String summary) {
            this.command = command;
            this.summary = summary;
        }

        /** A positional word that must be given. */
        public Spec word(String placeholder) {
            words.add(placeholder);
            return this;
        }

        /** A flag with a value; an empty fallback means that it is absent when not given. */
        public Spec flag(String name, String placeholder, String fallback, String help) {
            flags.put(name, new Flag(name, placeholder, fallback, help));
            return this;
        }

        /** A flag without a value. */
        public Spec toggle(String name, String help) {
            flags.put(name, new Flag(name, "", "", help));
            return this;
        }

        /** The name of the sub-command. */
        public String command() {
            return command;
        }

        /** What the sub-command does, in a sentence. */
        public String summary() {
            return summary;
        }

        /** The text of {@code --help}. */
        public String help() {
            StringBuilder text = new StringBuilder("Usage: engines ").append(command);
            for (String word : words) {
                text.append(' ').append(word);
            }
            text.append(" [flags]\n\n").append(summary).append("\n\nFlags:\n");
            for (Flag flag : flags.values()) {
                String head = flag.isSwitch() ? flag.name : flag.name + " " + flag.placeholder;
                text.append(String.format(Locale.ROOT, "  %-34s %s", head, flag.help));
                if (!flag.fallback.isEmpty()) {
                    text.append(" (default ").append(flag.fallback).append(')');
                }
                text.append('\n');
            }
            return text.append(String.format(Locale.ROOT, "  %-34s %s%n", "--help", "Print this and exit."))
                    .toString();
        }

        /**
         * Reads a command line.
         *
         * @throws EngineException of {@code USAGE} for an unknown flag, a flag without its value, one given twice, or a
         *     missing or superfluous word
         */
        public Arguments parse(List<String> line) {
            Map<String, String> values = new LinkedHashMap<>();
            List<String> given = new ArrayList<>();
            for (int i = 0; i < line.size(); i++) {
                String item = line.get(i);
                if (!item.startsWith("--")) {
                    given.add(item);
                    continue;
                }
                int equals = item.indexOf('=');
                String name = equals < 0 ? item : item.substring(0, equals);
                Flag flag = flags.get(name);
                if (flag == null) {
                    throw usage("unknown flag " + name + nearest(name));
                }
                String value;
                if (equals >= 0) {
                    value = item.substring(equals + 1);
                } else if (flag.isSwitch()) {
                    value = "true";
                } else if (i + 1 < line.size()) {
                    value = line.get(++i);
                } else {
                    throw usage("flag " + name + " needs a value: " + name + " " + flag.placeholder);
                }
                if (values.put(name, value) != null) {
                    throw usage("flag " + name + " is given twice; give it once");
                }
            }
            if (given.size() < words.size()) {
                throw usage("missing " + words.get(given.size()));
            }
            if (given.size() > words.size()) {
                throw usage("unexpected word '" + given.get(words.size()) + "'");
            }
            return new Arguments(this, values, given);
        }

        private String nearest(String name) {
            String best = "";
            int bestDistance = 4;
            for (String known : flags.keySet()) {
                int distance = distance(name, known);
                if (distance < bestDistance) {
                    bestDistance = distance;
                    best = known;
                }
            }
            return best.isEmpty() ? "" : "; maybe " + best;
        }

        private EngineException usage(String message) {
            return new EngineException(
                    EngineException.Code.USAGE,
                    command + ": " + message + " (all flags: engines " + command + " --help)");
        }
    }

    /** Levenshtein's distance; the words are short. */
    static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substitution = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(substitution, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }

    /** The positional word at an index. */
    public String word(int index) {
        return words.get(index);
    }

    /** A flag's value, or its fallback; empty when neither is there. */
    public Optional<String> find(String name) {
        Spec.Flag flag = spec.flags.get(name);
        if (flag == null) {
            throw new IllegalArgumentException("flag " + name + " is not declared for " + spec.command);
        }
        String value = values.getOrDefault(name, flag.fallback);
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    /** A flag's value; a usage error when it has none. */
    public String text(String name) {
        return find(name).orElseThrow(() -> spec.usage("flag " + name + " is required"));
    }

    /** A path. */
    public Path path(String name) {
        return Path.of(text(name));
    }

    /** Whether a switch is on. */
    public boolean isOn(String name) {
        String value = find(name).orElse("false");
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw spec.usage("flag " + name + " is '" + value + "'; give true or false");
        };
    }

    /** A whole number within bounds. */
    public int integer(String name, int min, int max) {
        return (int) whole(name, min, max);
    }

    /** A whole number within bounds. */
    public long whole(String name, long min, long max) {
        String value = text(name);
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The message below says what is wanted, for words as for numbers out of range.
        }
        throw spec.usage("flag " + name + " is '" + value + "'; give a whole number from " + min + " to " + max);
    }

    /** A number within bounds. */
    public double decimal(String name, double min, double max) {
        String value = text(name);
        try {
            double number = Double.parseDouble(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The message below says what is wanted.
        }
        throw spec.usage("flag " + name + " is '" + value + "'; give a number from " + min + " to " + max);
    }

    /** A span of time: {@code 250us}, {@code 20ms}, {@code 1.5s}, {@code 2m}; a bare number counts milliseconds. */
    public Duration duration(String name) {
        String value = text(name);
        String unit = value.replaceFirst("^[0-9.]+", "");
        long unitNanos = switch (unit) {
            case "us" -> 1_000L;
            case "", "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            default -> 0L;
        };
        try {
            if (unitNanos > 0) {
                BigDecimal number = new BigDecimal(value.substring(0, value.length() - unit.length()));
                return Duration.ofNanos(number.multiply(BigDecimal.valueOf(unitNanos))
                        .setScale(0, java.math.RoundingMode.HALF_UP)
                        .longValueExact());
            }
        } catch (NumberFormatException | ArithmeticException e) {
            // The message below says what is wanted.
        }
        throw spec.usage("flag " + name + " is '" + value + "'; give a time such as 20ms, 1.5s or 2m");
    }

    /** A usage error of this command. */
    public EngineException usage(String message) {
        return spec.usage(message);
    }
}
