package dev.gyropilot.brain.placement.device;

/** Turns the text of a device selector into something that can be asked. */
@FunctionalInterface
public interface SelectorCompiler {
    /** @throws SelectorException when the text is not a valid selector */
    DeviceSelector compile(String expression);

    /** A compiled selector; the same device always gets the same answer. */
    @FunctionalInterface
    interface DeviceSelector {
        /** @throws SelectorException when the expression fails on this device */
        boolean matches(String driver, Device device);
    }

    /** A selector that does not compile, or fails on a device. */
    final class SelectorException extends RuntimeException {
        public SelectorException(String message) {
            super(message);
        }
    }
}
