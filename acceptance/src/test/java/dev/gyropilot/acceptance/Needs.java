package dev.gyropilot.acceptance;

import org.junit.jupiter.api.Assumptions;

/** What a test wants beyond a JDK; without it the test is left out with a plain message. */
final class Needs {
    private Needs() {}

    static void program(String name) {
        Assumptions.assumeTrue(Command.exists(name), "left out: " + name + " is not on the PATH");
    }

    static void succeeds(String why, String... command) {
        Assumptions.assumeTrue(
                Command.run(java.util.Map.of(), java.util.List.of(command)).code() == 0, "left out: " + why);
    }

    /** The API of our own, and not a real control plane. */
    static void embeddedApi() {
        Assumptions.assumeFalse(RealControlPlane.isWorld(), "left out: about the store of the embedded API");
    }
}
