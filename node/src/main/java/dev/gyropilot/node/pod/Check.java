package dev.gyropilot.node.pod;

import dev.gyropilot.node.process.Exec;
import dev.gyropilot.node.process.Launch;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ExecAction;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.TCPSocketAction;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import org.jspecify.annotations.Nullable;

/** One question to a container, as probes and hooks ask it. */
final class Check {
    private static final int BODY_LIMIT_BYTES = 10 * 1024;

    private Check() {}

    /** The answer; {@code message} is empty on success. */
    record Answer(boolean success, String message) {
        static final Answer OK = new Answer(true, "");

        static Answer failed(String message) {
            return new Answer(false, message);
        }
    }

    /** Asks in the one way that is set. */
    static Answer ask(
            @Nullable ExecAction exec,
            @Nullable HTTPGetAction http,
            @Nullable TCPSocketAction tcp,
            Container container,
            @Nullable Launch launch,
            String podIp,
            Duration limit)
            throws InterruptedException {
        try {
            if (exec != null) {
                return launch == null
                        ? Answer.failed("the container is not ready for exec")
                        : exec(launch, exec, limit);
            }
            if (http != null) {
                return http(http, container, podIp, limit);
            }
            if (tcp != null) {
                return tcp(tcp, container, podIp, limit);
            }
            return Answer.OK;
        } catch (IOException e) {
            return Answer.failed(Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
    }

    private static Answer exec(Launch launch, ExecAction action, Duration limit)
            throws IOException, InterruptedException {
        Exec.Result result = Exec.run(launch.withCommand(action.getCommand()), limit);
        if (result.code() == Exec.Result.TIMED_OUT) {
            return Answer.failed(
                    "command timed out: " + action.getCommand() + " timed out after " + limit.toSeconds() + "s");
        }
        return result.code() == 0 ? Answer.OK : Answer.failed(result.output());
    }

    private static Answer http(HTTPGetAction action, Container container, String podIp, Duration limit)
            throws IOException {
        Optional<Integer> port = port(action.getPort(), container);
        if (port.isEmpty()) {
            return Answer.failed("couldn't find port " + action.getPort().getStrVal() + " in the container's ports");
        }
        String scheme = Objects.requireNonNullElse(action.getScheme(), "HTTP").toLowerCase(Locale.ROOT);
        String host = action.getHost() == null || action.getHost().isEmpty() ? podIp : action.getHost();
        String path = Objects.requireNonNullElse(action.getPath(), "/");
        URI uri = URI.create(scheme + "://" + host + ":" + port.get() + (path.startsWith("/") ? path : "/" + path));
        var connection = (HttpURLConnection) uri.toURL().openConnection();
        if (connection instanceof HttpsURLConnection secure) {
            TrustAll.apply(secure);
        }
        connection.setConnectTimeout((int) limit.toMillis());
        connection.setReadTimeout((int) limit.toMillis());
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestProperty("User-Agent", "kube-probe/gyropilot");
        connection.setRequestProperty("Accept", "*/*");
        connection.setRequestProperty("Connection", "close");
        if (action.getHttpHeaders() != null) {
            action.getHttpHeaders().forEach(h -> connection.setRequestProperty(h.getName(), h.getValue()));
        }
        try {
            int status = connection.getResponseCode();
            if (status >= 200 && status < 400) {
                return Answer.OK;
            }
            return Answer.failed("HTTP probe failed with statuscode: " + status + body(connection));
        } catch (IOException e) {
            throw new IOException("Get \"" + uri + "\": " + e.getMessage(), e);
        } finally {
            connection.disconnect();
        }
    }

    private static String body(HttpURLConnection connection) throws IOException {
        try (InputStream in = connection.getErrorStream()) {
            String text = in == null ? "" : new String(in.readNBytes(BODY_LIMIT_BYTES), StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "" : ": " + text;
        }
    }

    private static Answer tcp(TCPSocketAction action, Container container, String podIp, Duration limit)
            throws IOException {
        Optional<Integer> port = port(action.getPort(), container);
        if (port.isEmpty()) {
            return Answer.failed("couldn't find port " + action.getPort().getStrVal() + " in the container's ports");
        }
        String host = action.getHost() == null || action.getHost().isEmpty() ? podIp : action.getHost();
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port.get()), (int) limit.toMillis());
            return Answer.OK;
        } catch (IOException e) {
            throw new IOException("dial tcp " + host + ":" + port.get() + ": " + e.getMessage(), e);
        }
    }

    /** A port given as a number, or by the name that the container gives it. */
    static Optional<Integer> port(IntOrString port, Container container) {
        if (port.getIntVal() != null) {
            return Optional.of(port.getIntVal());
        }
        return container.getPorts().stream()
                .filter(p -> port.getStrVal().equals(p.getName()))
                .map(ContainerPort::getContainerPort)
                .findFirst()
                .or(() -> port.getStrVal().matches("[0-9]{1,5}")
                        ? Optional.of(Integer.valueOf(port.getStrVal()))
                        : Optional.empty());
    }
}
