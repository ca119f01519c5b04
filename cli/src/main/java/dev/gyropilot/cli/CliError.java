package dev.gyropilot.cli;

/** A failure that a person can mend: what is wrong, with its value, and what to do about it. Ends the command with code 1. */
final class CliError extends RuntimeException {
    private final String text;
    private final String remedy;

    CliError(String message, String remedy) {
        super(message);
        this.text = message;
        this.remedy = remedy;
    }

    CliError(String message, String remedy, Throwable cause) {
        super(message, cause);
        this.text = message;
        this.remedy = remedy;
    }

    @Override
    public String getMessage() {
        return text;
    }

    String remedy() {
        return remedy;
    }
}
