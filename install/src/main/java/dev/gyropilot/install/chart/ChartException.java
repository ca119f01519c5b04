package dev.gyropilot.install.chart;

/** The chart cannot be rendered with the given values; the message names the value and the remedy. */
public final class ChartException extends RuntimeException {
    public ChartException(String message) {
        super(message);
    }

    public ChartException(String message, Throwable cause) {
        super(message, cause);
    }
}
