package dev.gyropilot.apiserver.rest;

import dev.gyropilot.apiserver.resource.ApiError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1}. */
final class LabelSelector {
    private enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        ABSENT,
        GREATER,
        LESS
    }

    private record Requirement(String key, Operator operator, Set<String> values) {
        boolean matches(Map<String, String> labels) {
            @Nullable String value = labels.get(key);
            return switch (operator) {
                case IN -> value != null && values.contains(value);
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case ABSENT -> value == null;
                case GREATER -> compare(value, 1);
                case LESS -> compare(value, -1);
            };
        }

        private boolean compare(@Nullable String value, int sign) {
            try {
                return value != null
                        && Integer.signum(Long.compare(
                                        Long.parseLong(value),
                                        Long.parseLong(values.iterator().next())))
                                == sign;
            } catch (NumberFormatException e) {
                return false;
            }
        }
    }

    static final LabelSelector EVERYTHING = new LabelSelector(List.of());

    private final List<Requirement> requirements;

    private LabelSelector(List<Requirement> requirements) {
        this.requirements = requirements;
    }

    boolean isEverything() {
        return requirements.isEmpty();
    }

    boolean matches(Map<String, String> labels) {
        for (Requirement requirement : requirements) {
            if (!requirement.matches(labels)) {
                return false;
            }
        }
        return true;
    }

    static LabelSelector parse(String text) {
        return text.isBlank() ? EVERYTHING : new LabelSelector(new Parser(text).parse());
    }

    /** Reads tokens: words, and the signs of the grammar. */
    private static final class Parser {
        private static final String SIGNS = "=!(),<>";

        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        List<Requirement> parse() {
            List<Requirement> requirements = new ArrayList<>();
            requireStart("!, identifier, or 'end of string'");
            while (true) {
                requirements.add(requirement());
                String next = token();
                if (next.isEmpty()) {
                    return requirements;
                }
                if (!next.equals(",")) {
                    throw misplaced(next, "',' or 'end of string'");
                }
                requireStart("identifier after ','");
            }
        }

        /** Looks whether a requirement can begin here. */
        private void requireStart(String expected) {
            int before = at;
            String next = token();
            at = before;
            if (next.isEmpty() || (SIGNS.indexOf(next.charAt(0)) >= 0 && !next.equals("!"))) {
                throw misplaced(next, expected);
            }
        }

        private Requirement requirement() {
            String key = token();
            if (key.equals("!")) {
                return new Requirement(identifier(token()), Operator.ABSENT, Set.of());
            }
            identifier(key);
            int before = at;
            String operator = token();
            return switch (operator) {
                case "", "," -> {
                    at = before;
                    yield new Requirement(key, Operator.EXISTS, Set.of());
                }
                case "=", "==" -> new Requirement(key, Operator.IN, Set.of(value()));
                case "!=" -> new Requirement(key, Operator.NOT_IN, Set.of(value()));
                case "in" -> new Requirement(key, Operator.IN, values());
                case "notin" -> new Requirement(key, Operator.NOT_IN, values());
                case ">" -> new Requirement(key, Operator.GREATER, Set.of(number()));
                case "<" -> new Requirement(key, Operator.LESS, Set.of(number()));
                default -> throw unexpected(operator, "in, notin, =, ==, !=, gt, lt");
            };
        }

        private String value() {
            int before = at;
            String value = token();
            if (value.isEmpty() || value.equals(",") || value.equals(")")) {
                at = before;
                return "";
            }
            return identifier(value);
        }

        private String number() {
            String value = identifier(token());
            try {
                Long.parseLong(value);
            } catch (NumberFormatException e) {
                throw ApiError.badRequest("unable to parse requirement: values[0][]: Invalid value: \"" + value
                        + "\": for 'Gt', 'Lt' operators, the value must be an integer");
            }
            return value;
        }

        private Set<String> values() {
            String open = token();
            if (!open.equals("(")) {
                throw unexpected(open, "'('");
            }
            Set<String> values = new HashSet<>();
            while (true) {
                values.add(value());
                String next = token();
                if (next.equals(")")) {
                    return values;
                }
                if (!next.equals(",")) {
                    throw unexpected(next, "',' or ')'");
                }
            }
        }

        private String identifier(String token) {
            if (token.isEmpty() || SIGNS.indexOf(token.charAt(0)) >= 0) {
                throw unexpected(token, "identifier");
            }
            return token;
        }

        private String token() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            if (at >= text.length()) {
                return "";
            }
            int start = at;
            char first = text.charAt(at++);
            if (SIGNS.indexOf(first) >= 0) {
                if ((first == '=' || first == '!') && at < text.length() && text.charAt(at) == '=') {
                    at++;
                }
                return text.substring(start, at);
            }
            while (at < text.length()
                    && !Character.isWhitespace(text.charAt(at))
                    && SIGNS.indexOf(text.charAt(at)) < 0) {
                at++;
            }
            return text.substring(start, at);
        }

        private static ApiError misplaced(String found, String expected) {
            return ApiError.badRequest("found '" + found + "', expected: " + expected);
        }

        private static ApiError unexpected(String found, String expected) {
            return ApiError.badRequest("unable to parse requirement: found '" + found + "', expected: " + expected);
        }
    }
}
