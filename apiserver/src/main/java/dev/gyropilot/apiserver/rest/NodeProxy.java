package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.http.ResponseStream;
import dev.gyropilot.apiserver.http.Tunnel;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes log, exec, attach and port-forward on to the node agent of the pod's node, over mutual TLS. The address comes from
 * the Node object, so it is used only when it is an allowed one, and only with an agent whose certificate names it.
 */
public final class NodeProxy {
    private static final Logger log = LoggerFactory.getLogger(NodeProxy.class);
    private static final int CONNECT_MILLIS = 5_000;
    private static final int BUFFER_BYTES = 32 << 10;
    private static final Set<String> LOG_PARAMETERS = Set.of(
            "follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream");
    private static final Set<String> HOP_HEADERS = Set.of("host", "authorization", "content-length", "origin");

    /** Where a pod's agent listens, and the container that is meant. */
    private record Place(String host, int port, String container) {}

    private final Store store;
    private final SSLContext tls;
    private final Predicate<InetAddress> allowed;
    private final HttpClient client;

    /**
     * @param tls with the server's client certificate, trusting the installation's authority
     * @param allowed which addresses of nodes may be connected to
     */
    public NodeProxy(Store store, SSLContext tls, Predicate<InetAddress> allowed) {
        this.store = store;
        this.tls = tls;
        this.allowed = allowed;
        this.client = HttpClient.newBuilder()
                .sslContext(tls)
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofMillis(CONNECT_MILLIS))
                .build();
    }

    void serve(Call call) throws IOException {
        ObjectNode pod = store.get("", "pods", call.namespace(), call.name());
        if (pod == null) {
            throw ApiError.notFound("", "pods", call.name());
        }
        switch (call.subresource()) {
            case "log" -> logs(call, pod);
            case "exec", "attach" -> {
                Place place = place(pod, call.query().text("container"));
                String path =
                        "/" + call.subresource() + "/" + call.namespace() + "/" + call.name() + "/" + place.container();
                upgrade(call.exchange(), place, path + "?" + streamQuery(call));
            }
            case "portforward" -> {
                Place place = place(pod, "*");
                String query = String.join(
                        "&",
                        call.query().all("ports").stream()
                                .map(port -> "port=" + encode(port))
                                .toList());
                upgrade(
                        call.exchange(),
                        place,
                        "/portForward/" + call.namespace() + "/" + call.name() + (query.isEmpty() ? "" : "?" + query));
            }
            default -> throw Resources.methodNotAllowed();
        }
    }

    private void logs(Call call, ObjectNode pod) throws IOException {
        if (pod.path("spec").path("nodeName").asText("").isEmpty()) {
            // Not scheduled: there is nothing to read yet.
            container(pod, call.query().text("container"));
            call.exchange().respond(200, "text/plain", new byte[0]);
            return;
        }
        Place place = place(pod, call.query().text("container"));
        List<String> parameters = new ArrayList<>();
        call.query().parameters().forEach((name, values) -> {
            if (LOG_PARAMETERS.contains(name)) {
                values.forEach(value -> parameters.add(name + "=" + encode(value)));
            }
        });
        URI uri = URI.create("https://" + place.host() + ":" + place.port() + "/containerLogs/" + call.namespace() + "/"
                + call.name() + "/" + place.container() + "?" + String.join("&", parameters));
        HttpResponse<InputStream> response;
        try {
            response = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException e) {
            throw unreachable(place, e);
        }
        try (InputStream body = response.body()) {
            if (response.statusCode() != 200) {
                String text = new String(body.readNBytes(BUFFER_BYTES), StandardCharsets.UTF_8).strip();
                throw response.statusCode() == 404
                        ? new ApiError(404, "NotFound", text, null)
                        : new ApiError(
                                response.statusCode(),
                                response.statusCode() == 400 ? "BadRequest" : "InternalError",
                                text,
                                null);
            }
            copy(body, call.exchange());
        }
    }

    private static void copy(InputStream from, Exchange to) throws IOException {
        try (ResponseStream stream = to.stream(200, "text/plain")) {
            byte[] buffer = new byte[BUFFER_BYTES];
            int read;
            while ((read = from.read(buffer)) >= 0) {
                if (read > 0) {
                    stream.write(Arrays.copyOf(buffer, read));
                }
            }
        }
    }

    /** Sends the request on as it is and then passes bytes both ways until one side ends. */
    private void upgrade(Exchange exchange, Place place, String target) throws IOException {
        if (!exchange.wantsUpgrade()) {
            throw ApiError.badRequest("Upgrade request required");
        }
        Socket socket;
        try {
            socket = connect(place);
            socket.getOutputStream().write(head(exchange, place, target));
            socket.getOutputStream().flush();
        } catch (IOException e) {
            throw unreachable(place, e);
        }
        try (socket;
                Tunnel tunnel = exchange.tunnel()) {
            Thread toNode = Thread.ofVirtual().name("to-node").start(() -> toNode(tunnel, socket));
            byte[] buffer = new byte[BUFFER_BYTES];
            InputStream in = socket.getInputStream();
            int read;
            while ((read = in.read(buffer)) >= 0) {
                tunnel.write(buffer, read);
            }
            toNode.interrupt();
        } catch (SocketException e) {
            log.debug("stream of {} ended: {}", target, e.toString());
        }
    }

    private static void toNode(Tunnel tunnel, Socket socket) {
        try {
            OutputStream out = socket.getOutputStream();
            byte[] bytes;
            while ((bytes = tunnel.read()) != null) {
                out.write(bytes);
                out.flush();
            }
        } catch (IOException | InterruptedException e) {
            log.debug("stream to a node ended: {}", e.toString());
        }
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("closing: {}", e.toString());
        }
    }

    private Socket connect(Place place) throws IOException {
        SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket();
        try {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.connect(new InetSocketAddress(place.host(), place.port()), CONNECT_MILLIS);
            socket.setTcpNoDelay(true);
            socket.startHandshake();
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static byte[] head(Exchange exchange, Place place, String target) {
        StringBuilder head = new StringBuilder();
        head.append(exchange.method()).append(' ').append(target).append(" HTTP/1.1\r\n");
        head.append("Host: ")
                .append(place.host())
                .append(':')
                .append(place.port())
                .append("\r\n");
        for (Map.Entry<String, String> header : exchange.headers()) {
            if (!HOP_HEADERS.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                head.append(header.getKey())
                        .append(": ")
                        .append(header.getValue())
                        .append("\r\n");
            }
        }
        if (exchange.method().equals("POST")) {
            head.append("Content-Length: 0\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String streamQuery(Call call) {
        List<String> parameters = new ArrayList<>();
        call.query().all("command").forEach(part -> parameters.add("command=" + encode(part)));
        Map.of("stdin", "input", "stdout", "output", "stderr", "error", "tty", "tty")
                .forEach((ours, agents) -> {
                    if (call.query().flag(ours)) {
                        parameters.add(agents + "=1");
                    }
                });
        return String.join("&", parameters);
    }

    private Place place(ObjectNode pod, String container) {
        String nodeName = pod.path("spec").path("nodeName").asText("");
        String name = Meta.name(pod);
        if (nodeName.isEmpty()) {
            throw ApiError.badRequest("pod " + name + " does not have a host assigned");
        }
        ObjectNode node = store.get("", "nodes", "", nodeName);
        if (node == null) {
            throw ApiError.notFound("", "nodes", nodeName);
        }
        String address = "";
        for (JsonNode each : node.path("status").path("addresses")) {
            if (each.path("type").asText().equals("InternalIP")) {
                address = each.path("address").asText();
            }
        }
        int port = node.path("status")
                .path("daemonEndpoints")
                .path("kubeletEndpoint")
                .path("Port")
                .asInt(0);
        if (address.isEmpty() || port <= 0 || port > 65535) {
            throw new ApiError(
                    500,
                    "InternalError",
                    "Internal error occurred: node " + nodeName + " has no address or no agent port in its status; a"
                            + " simulated node has neither logs nor processes",
                    null);
        }
        requireAllowed(nodeName, address);
        return new Place(address, port, container.equals("*") ? "" : container(pod, container));
    }

    private void requireAllowed(String node, String address) {
        boolean fine = false;
        try {
            // A literal address only: no name is ever looked up.
            fine = address.matches("[0-9a-fA-F.:]+") && allowed.test(InetAddress.getByName(address));
        } catch (IOException e) {
            log.debug("not an address: {}", address);
        }
        if (!fine) {
            throw new ApiError(
                    500,
                    "InternalError",
                    "Internal error occurred: the address " + address + " of node " + node
                            + " is not one that this server may connect to",
                    null);
        }
    }

    /** The named container, or the only one. */
    private static String container(ObjectNode pod, String wanted) {
        List<String> names = new ArrayList<>();
        List<String> inits = new ArrayList<>();
        pod.path("spec")
                .path("containers")
                .forEach(c -> names.add(c.path("name").asText()));
        pod.path("spec")
                .path("initContainers")
                .forEach(c -> inits.add(c.path("name").asText()));
        List<String> ephemeral = new ArrayList<>();
        pod.path("spec")
                .path("ephemeralContainers")
                .forEach(c -> ephemeral.add(c.path("name").asText()));
        if (wanted.isEmpty()) {
            if (names.size() == 1) {
                return names.getFirst();
            }
            String initNames =
                    inits.isEmpty() ? "" : " or one of the init containers: [" + String.join(" ", inits) + "]";
            throw ApiError.badRequest("a container name must be specified for pod " + Meta.name(pod)
                    + ", choose one of: [" + String.join(" ", names) + "]" + initNames);
        }
        if (!names.contains(wanted) && !inits.contains(wanted) && !ephemeral.contains(wanted)) {
            throw ApiError.badRequest("container " + wanted + " is not valid for pod " + Meta.name(pod));
        }
        return wanted;
    }

    private static ApiError unreachable(Place place, IOException e) {
        return new ApiError(
                500,
                "InternalError",
                "Internal error occurred: error dialing the node agent at " + place.host() + ":" + place.port() + ": "
                        + e.getMessage(),
                null);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
