package dev.gyropilot.simulator;

/** A trace that cannot be used; the message names the file, the line and the value. */
public final class SimulatorException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SimulatorException(String message) {
        super(message);
    }

    SimulatorException(String message, Throwable cause) {
        super(message, cause);
    }
}
