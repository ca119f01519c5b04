package dev.gyropilot.cli;

import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a person sees: data on stdout, progress and errors on stderr; colours and a moving line only on a terminal, and none
 * when {@code NO_COLOR} is set.
 */
final class Terminal {
    private static final String[] FRAMES = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

    private final PrintStream out;
    private final PrintStream err;
    private final boolean colours;
    private final boolean moving;
    private @Nullable String pending;
    private int frame;

    Terminal(PrintStream out, PrintStream err, boolean terminal, boolean noColour) {
        this.out = out;
        this.err = err;
        this.colours = terminal && !noColour;
        this.moving = terminal;
    }

    @SuppressWarnings("SystemConsoleNull") // it is null in JDK 25 when the process has no terminal
    static Terminal system() {
        var console = System.console();
        boolean terminal = console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
        String noColour = System.getenv("NO_COLOR");
        return new Terminal(System.out, System.err, terminal, noColour != null && !noColour.isEmpty());
    }

    PrintStream out() {
        return out;
    }

    /** A line of progress, or of explanation. */
    synchronized void say(String line) {
        clearLine();
        err.println(line);
    }

    /** A step that was done. */
    synchronized void done(String line) {
        clearLine();
        pending = null;
        err.println(green("✓") + " " + line);
    }

    /** A step that takes a while: shown at once, and replaced by what follows. Without a terminal it is a plain line. */
    synchronized void doing(String line) {
        if (moving) {
            clearLine();
            pending = line;
            err.print(dim(FRAMES[frame++ % FRAMES.length]) + " " + line);
            err.flush();
        } else if (!line.equals(pending)) {
            pending = line;
            err.println("… " + line);
        }
    }

    synchronized void error(String message, String remedy) {
        clearLine();
        err.println(red("error:") + " " + message);
        if (!remedy.isEmpty()) {
            err.println("  " + remedy);
        }
    }

    synchronized void warn(String message) {
        clearLine();
        err.println(yellow("warning:") + " " + message);
    }

    /** Asks a person for yes or no; without a terminal there is nobody to ask, and the answer is no. */
    @SuppressWarnings("SystemConsoleNull") // it is null in JDK 25 when the process has no terminal
    synchronized boolean ask(String question) {
        var console = System.console();
        if (!moving || console == null) {
            return false;
        }
        clearLine();
        String answer = console.readLine("%s [y/N] ", question);
        return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
    }

    String bold(String text) {
        return code("1", text);
    }

    String dim(String text) {
        return code("2", text);
    }

    String green(String text) {
        return code("32", text);
    }

    String red(String text) {
        return code("31", text);
    }

    String yellow(String text) {
        return code("33", text);
    }

    String cyan(String text) {
        return code("36", text);
    }

    private String code(String code, String text) {
        return colours ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    private void clearLine() {
        if (moving && pending != null) {
            err.print("\r\u001b[2K");
        }
    }
}
