package dev.gyropilot.install.image;

/** An image cannot be built, loaded or pushed; the message says why and what to do. */
public final class ImageException extends RuntimeException {
    public ImageException(String message) {
        super(message);
    }

    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
