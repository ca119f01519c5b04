package dev.gyropilot.gateway;

import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** The SHA-256 of an API key, as a map's key. Equality takes the same time whatever differs. */
final class HashedKey {
    private final byte[] sha256;

    HashedKey(byte[] sha256) {
        this.sha256 = sha256;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HashedKey key && MessageDigest.isEqual(sha256, key.sha256);
    }

    @Override
    public int hashCode() {
        return ((sha256[0] & 0xff) << 24) | ((sha256[1] & 0xff) << 16) | ((sha256[2] & 0xff) << 8) | (sha256[3] & 0xff);
    }
}
