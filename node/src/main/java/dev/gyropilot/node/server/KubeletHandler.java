package dev.gyropilot.node.server;

import dev.gyropilot.node.pod.ContainerSnapshot;
import dev.gyropilot.node.process.Launch;
import dev.gyropilot.node.process.LogReader;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.ssl.SslHandler;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection to the kubelet endpoint: who asks, what for, and the answer. */
final class KubeletHandler extends SimpleChannelInboundHandler<HttpObject> {
    private static final Logger log = LoggerFactory.getLogger(KubeletHandler.class);
    private static final int LOG_BLOCK_BYTES = 32 * 1024;
    private static final String TEXT = "text/plain; charset=utf-8";

    private final SslHandler tls;
    private final Set<String> clientNames;
    private final ServedPods pods;
    private final LogReader logs;
    private final InstantSource clock;
    private final Writability writability = new Writability();
    private @Nullable HttpRequest pending;

    KubeletHandler(SslHandler tls, Set<String> clientNames, ServedPods pods, LogReader logs, InstantSource clock) {
        this.tls = tls;
        this.clientNames = clientNames;
        this.pods = pods;
        this.logs = logs;
        this.clock = clock;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        context.pipeline().addLast("writability", writability);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.debug("kubelet connection of {}: {}", context.channel().remoteAddress(), cause.toString());
        var _ = context.close();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        if (message instanceof HttpRequest head) {
            pending = head;
        }
        // Only at its end, because an upgrade takes the connection away from the HTTP codec.
        HttpRequest request = pending;
        if (message instanceof LastHttpContent && request != null) {
            pending = null;
            handle(context, request);
        }
    }

    private void handle(ChannelHandlerContext context, HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            answer(context, HttpResponseStatus.BAD_REQUEST, TEXT, "the request cannot be read");
            return;
        }
        String caller = caller();
        if (!clientNames.contains(caller)) {
            answer(context, HttpResponseStatus.FORBIDDEN, TEXT, "Forbidden (user=" + caller + ")");
            return;
        }
        try {
            route(context, request, new QueryStringDecoder(request.uri()));
        } catch (Refused e) {
            answer(context, e.status, TEXT, String.valueOf(e.getMessage()));
        }
    }

    /** An answer that is an error. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        final transient HttpResponseStatus status;

        Refused(HttpResponseStatus status, String message) {
            super(message);
            this.status = status;
        }
    }

    private void route(ChannelHandlerContext context, HttpRequest request, QueryStringDecoder query) throws Refused {
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.POST)) {
            throw new Refused(HttpResponseStatus.METHOD_NOT_ALLOWED, request.method() + " is not allowed");
        }
        String[] path = query.path().substring(1).split("/", -1);
        switch (path[0]) {
            case "healthz" -> answer(context, HttpResponseStatus.OK, TEXT, "ok");
            case "pods" -> answer(context, HttpResponseStatus.OK, Statistics.JSON, Statistics.pods(pods));
            case "stats" -> answer(context, HttpResponseStatus.OK, Statistics.JSON, Statistics.summary(pods, clock));
            case "metrics" -> answer(context, HttpResponseStatus.OK, Statistics.PROMETHEUS, Statistics.metrics(pods));
            case "containerLogs" -> containerLogs(context, query, worker(path, 4), path[3]);
            case "exec" -> exec(context, request, query, path);
            case "attach" -> attach(context, request, query, path);
            case "portForward" ->
                new Upgrade(context, request, writability)
                        .portForward(worker(path, 3).podIp());
            default -> throw new Refused(HttpResponseStatus.NOT_FOUND, "404 page not found");
        }
    }

    private ServedPod worker(String[] path, int parts) throws Refused {
        if (path.length < parts || path.length > parts + 1) {
            throw new Refused(HttpResponseStatus.NOT_FOUND, "404 page not found");
        }
        return pods.find(path[1], path[2])
                .map(ServedPod.class::cast)
                .orElseThrow(() -> new Refused(
                        HttpResponseStatus.NOT_FOUND,
                        "pod \"" + path[2] + "\" in namespace \"" + path[1] + "\" does not run on this node"));
    }

    // ---- exec and attach

    private void exec(ChannelHandlerContext context, HttpRequest request, QueryStringDecoder query, String[] path)
            throws Refused {
        ServedPod worker = worker(path, 4);
        ContainerSnapshot container = running(worker, path[path.length - 1]);
        List<String> words = query.parameters().getOrDefault("command", List.of());
        boolean terminal = flag(query, "tty");
        boolean input = flag(query, "input");
        new Upgrade(context, request, writability).command(streams(query), session -> {
            try {
                Launch launch = worker.surroundings(container.name())
                        .orElseThrow(() -> new IOException("container " + container.name() + " does not run any more"));
                new Command().run(launch, words, input, terminal, session);
            } catch (IOException e) {
                session.finish(Command.failure(String.valueOf(e.getMessage())));
            }
        });
    }

    private void attach(ChannelHandlerContext context, HttpRequest request, QueryStringDecoder query, String[] path)
            throws Refused {
        ServedPod worker = worker(path, 4);
        ContainerSnapshot container = running(worker, path[path.length - 1]);
        if (flag(query, "input")) {
            throw new Refused(
                    HttpResponseStatus.BAD_REQUEST,
                    "programs on this node have no standard input to attach to; use exec, or attach without -i");
        }
        new Upgrade(context, request, writability)
                .command(streams(query), session -> Attachment.run(logs, container.log(), session));
    }

    private static ContainerSnapshot running(ServedPod worker, String name) throws Refused {
        if (worker.simulatedLog().isPresent()) {
            throw new Refused(
                    HttpResponseStatus.NOT_IMPLEMENTED,
                    "this pod is simulated: it has no processes to run a command beside");
        }
        ContainerSnapshot container = container(worker, name);
        if (container.process().isEmpty()) {
            throw new Refused(
                    HttpResponseStatus.BAD_REQUEST, "container \"" + name + "\" is not running; look at its status");
        }
        return container;
    }

    /** The streams that the caller will open. */
    private static Set<String> streams(QueryStringDecoder query) {
        var result = new HashSet<>(Set.of("error"));
        boolean terminal = flag(query, "tty");
        if (flag(query, "input")) {
            result.add("stdin");
        }
        if (flag(query, "output")) {
            result.add("stdout");
        }
        if (flag(query, "error") && !terminal) {
            result.add("stderr");
        }
        if (terminal) {
            result.add("resize");
        }
        return result;
    }

    // ---- logs

    private void containerLogs(ChannelHandlerContext context, QueryStringDecoder query, ServedPod worker, String name)
            throws Refused {
        Optional<String> simulated = worker.simulatedLog();
        if (simulated.isPresent()) {
            answer(context, HttpResponseStatus.OK, "text/plain", simulated.get());
            return;
        }
        ContainerSnapshot container = container(worker, name);
        boolean previous = flag(query, "previous");
        Path file = previous ? container.previousLog() : container.log();
        if (container.attempts() == 0) {
            throw new Refused(
                    HttpResponseStatus.BAD_REQUEST,
                    "container \"" + name + "\" in pod \""
                            + worker.pod().getMetadata().getName()
                            + "\" is waiting to start: "
                            + (container.waitingReason().isEmpty() ? "ContainerCreating" : container.waitingReason()));
        }
        if (!Files.exists(file) && previous) {
            throw new Refused(
                    HttpResponseStatus.BAD_REQUEST,
                    "previous terminated container \"" + name + "\" in pod \""
                            + worker.pod().getMetadata().getName() + "\" not found");
        }
        LogReader.Options options = options(query);
        var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain");
        HttpUtil.setTransferEncodingChunked(response, true);
        var _ = context.writeAndFlush(response);
        Thread reader = Thread.ofVirtual().name("logs " + name).unstarted(() -> {
            try (var out = new BufferedOutputStream(
                    new ChannelOutput(context.channel(), writability, DefaultHttpContent::new), LOG_BLOCK_BYTES)) {
                logs.read(file, options, out);
                var _ = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            } catch (IOException e) {
                log.debug("logs of {} ended: {}", name, e.toString());
                var _ = context.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        var _ = context.channel().closeFuture().addListener(closed -> reader.interrupt());
        reader.start();
    }

    private LogReader.Options options(QueryStringDecoder query) throws Refused {
        Optional<Instant> since = Optional.empty();
        OptionalLong seconds = number(query, "sinceSeconds");
        if (seconds.isPresent()) {
            since = Optional.of(clock.instant().minusSeconds(seconds.getAsLong()));
        }
        String time = first(query, "sinceTime");
        if (!time.isEmpty()) {
            try {
                since = Optional.of(Instant.parse(time));
            } catch (java.time.format.DateTimeParseException e) {
                throw new Refused(
                        HttpResponseStatus.BAD_REQUEST,
                        "sinceTime \"" + time + "\" is not a time such as 2026-01-02T15:04:05Z");
            }
        }
        String stream = first(query, "stream");
        return new LogReader.Options(
                flag(query, "follow"),
                number(query, "tailLines"),
                since,
                flag(query, "timestamps"),
                number(query, "limitBytes"),
                stream.equals("Stdout") ? "stdout" : stream.equals("Stderr") ? "stderr" : "");
    }

    static ContainerSnapshot container(ServedPod worker, String name) throws Refused {
        return worker.snapshot().stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new Refused(
                        HttpResponseStatus.NOT_FOUND,
                        "container \"" + name + "\" is not in pod \""
                                + worker.pod().getMetadata().getName() + "\"; it has " + worker.containerNames()));
    }

    static String first(QueryStringDecoder query, String name) {
        List<String> values = query.parameters().get(name);
        return values == null || values.isEmpty() ? "" : values.getFirst();
    }

    static boolean flag(QueryStringDecoder query, String name) {
        String value = first(query, name);
        return value.equals("true") || value.equals("1");
    }

    private static OptionalLong number(QueryStringDecoder query, String name) throws Refused {
        String value = first(query, name);
        if (value.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Math.max(0, Long.parseLong(value)));
        } catch (NumberFormatException e) {
            throw new Refused(HttpResponseStatus.BAD_REQUEST, name + " \"" + value + "\" is not a whole number");
        }
    }

    private String caller() {
        try {
            var certificate = (X509Certificate) tls.engine().getSession().getPeerCertificates()[0];
            var name = new LdapName(certificate.getSubjectX500Principal().getName());
            return name.getRdns().stream()
                    .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
                    .map(rdn -> rdn.getValue().toString())
                    .findFirst()
                    .orElse("");
        } catch (SSLPeerUnverifiedException | InvalidNameException e) {
            return "";
        }
    }

    static void answer(ChannelHandlerContext context, HttpResponseStatus status, String type, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(bytes));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
        var written = context.writeAndFlush(response);
        if (status.code() >= 400) {
            var _ = written.addListener(ChannelFutureListener.CLOSE);
        }
    }
}
