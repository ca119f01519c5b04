package dev.gyropilot.apiserver;

import dev.gyropilot.api.config.Setting;
import dev.gyropilot.apiserver.http.HttpLimits;
import dev.gyropilot.apiserver.store.StoreLimits;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;

/**
 * What the server needs to know.
 *
 * @param directory where everything is kept; made when absent
 * @param bindAddress loopback unless there are reasons
 * @param port 0 for a free one
 * @param names further DNS names and addresses under which clients may call
 */
public record ApiServerConfig(
        Path directory,
        InetAddress bindAddress,
        int port,
        Set<String> names,
        @Setting("Bounds of the store.") StoreLimits storeLimits,
        @Setting("Bounds of the endpoint.") HttpLimits httpLimits,
        InstantSource clock) {
    public ApiServerConfig {
        names = Set.copyOf(names);
    }

    /** Loopback only, default limits, the system's clock. */
    public static ApiServerConfig of(Path directory, int port) {
        return new ApiServerConfig(
                directory,
                InetAddress.getLoopbackAddress(),
                port,
                Set.of(),
                StoreLimits.DEFAULT,
                HttpLimits.loopback(),
                InstantSource.system());
    }
}
