package dev.gyropilot.cli;

/** A failure that a person can mend: what is wrong, with its value, and what to do about it. Ends the command with code 1. */
final class CliError extends RuntimeException {
    private final String remedy;

    CliError(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    CliError(String message, String remedy, Throwable cause) {
        super(message, cause);
        this.remedy = remedy;
    }

    String remedy() {
        return remedy;
    }
}
