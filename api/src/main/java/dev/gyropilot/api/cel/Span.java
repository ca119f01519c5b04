package dev.gyropilot.api.cel;

/** From the least to the greatest that a size or a cost may be; what would overflow stays at the greatest number. */
record Span(long min, long max) {
    static final Span ZERO = of(0);
    static final Span ONE = of(1);
    static final Span UNKNOWN = new Span(0, Long.MAX_VALUE);

    /** Covers nothing yet; to be joined with others. */
    static final Span NOTHING = new Span(Long.MAX_VALUE, 0);

    static Span of(long exact) {
        return new Span(exact, exact);
    }

    static Span upTo(long max) {
        return new Span(0, max);
    }

    Span plus(Span other) {
        return new Span(sum(min, other.min), sum(max, other.max));
    }

    Span times(Span other) {
        return new Span(product(min, other.min), product(max, other.max));
    }

    /** Rounded up. */
    Span times(double factor) {
        return new Span(scaled(min, factor), scaled(max, factor));
    }

    Span join(Span other) {
        return new Span(Math.min(min, other.min), Math.max(max, other.max));
    }

    private static long sum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static long product(long a, long b) {
        return b != 0 && a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
    }

    private static long scaled(long a, double factor) {
        // A long is no exact double near its greatest value; the cast keeps the result at the greatest.
        return a == Long.MAX_VALUE && factor > 0 ? Long.MAX_VALUE : (long) Math.ceil(a * factor);
    }
}
