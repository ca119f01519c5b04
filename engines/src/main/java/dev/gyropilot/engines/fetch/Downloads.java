package dev.gyropilot.engines.fetch;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Downloads that survive cuts: what has come is kept, asked on from there while the server still has the same content,
 * and hashed as it comes.
 */
final class Downloads {
    /** Redirects of one request; the hub needs one or two. */
    private static final int MAX_REDIRECTS = 8;

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    /** Room that stays free on the disk. */
    private static final long SPARE_BYTES = 64L << 20;

    private final BlobCache cache;
    private final Policy policy;
    private final Consumer<String> progress;
    private final HttpClient client;

    /**
     * How to try.
     *
     * @param attempts tries without a byte of progress before giving up
     * @param firstPause before the second try; doubles from try to try
     * @param maxPause its limit
     * @param silence time without a byte after which a connection is given up
     */
    record Policy(int attempts, Duration firstPause, Duration maxPause, Duration silence) {
        static final Policy DEFAULT =
                new Policy(6, Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(60));
    }

    /** What a response said of the whole content. */
    private record Facts(String validator, OptionalLong size, Optional<String> sha256) {}

    /** A failure after which another try may help. */
    private static final class Interrupted extends IOException {
        private static final long serialVersionUID = 1L;

        Interrupted(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    Downloads(BlobCache cache, Policy policy, Consumer<String> progress) {
        this.cache = cache;
        this.policy = policy;
        this.progress = progress;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofSeconds(20))
                .build();
    }

    /** The content of an address, from the cache when the server says that it is still the same. */
    Path get(ModelUri.Download download, Optional<String> expected, Optional<String> token) throws IOException {
        Optional<BlobCache.Entry> known = cache.find(download.text());
        if (known.isPresent() && expected.isEmpty() && isImmutable(download)) {
            progress.accept(download.text() + " is in the cache");
            return cache.blob(known.get().sha256());
        }
        int failures = 0;
        Duration pause = policy.firstPause;
        while (true) {
            long before = sizeOf(cache.partial(download.text()));
            try {
                return attempt(download, expected, token, known);
            } catch (Interrupted e) {
                boolean moved = sizeOf(cache.partial(download.text())) > before;
                failures = moved ? 1 : failures + 1;
                pause = moved ? policy.firstPause : pause;
                if (failures >= policy.attempts) {
                    if (known.isPresent() && expected.isEmpty()) {
                        progress.accept(e.getMessage() + "; going on with the copy in the cache");
                        return cache.blob(known.get().sha256());
                    }
                    throw new EngineException(
                            Code.UNAVAILABLE,
                            "Cannot fetch " + download.text() + " after " + failures + " tries: " + e.getMessage()
                                    + ". Check the network and proxy; what has come is kept and the next try goes on there.",
                            e);
                }
                progress.accept(e.getMessage() + "; trying again in " + pause.toMillis() + " ms");
                sleep(pause);
                pause = pause.multipliedBy(2).compareTo(policy.maxPause) > 0 ? policy.maxPause : pause.multipliedBy(2);
            }
        }
    }

    /** A hub's revision that is a commit never changes. */
    private static boolean isImmutable(ModelUri.Download download) {
        return download.hub() && download.text().matches(".*@[0-9a-f]{40}");
    }

    private Path attempt(
            ModelUri.Download download,
            Optional<String> expected,
            Optional<String> token,
            Optional<BlobCache.Entry> known)
            throws IOException {
        Path partial = cache.partial(download.text());
        Path stateFile = cache.partialState(download.text());
        long have = sizeOf(partial);
        Properties state = Files.isRegularFile(stateFile) ? BlobCache.read(stateFile) : new Properties();
        String validator = state.getProperty("validator", "");
        if (have > 0 && validator.isEmpty()) {
            // Without a validator nothing says that the rest would belong to it.
            Files.deleteIfExists(partial);
            have = 0;
        }
        Answer answer = open(download, token, have, validator, known);
        try (InputStream body = answer.response.body()) {
            int status = answer.response.statusCode();
            if (status == 304 && known.isPresent()) {
                progress.accept(download.text() + " is in the cache and unchanged");
                return cache.blob(known.get().sha256());
            }
            if (status == 416 && have > 0) {
                Files.deleteIfExists(partial);
                throw new Interrupted("the part at hand does not fit the content any more", null);
            }
            check(download, status, answer, token.isPresent());
            boolean resumed = status == 206;
            if (!resumed) {
                have = 0;
            }
            Facts facts = facts(answer, resumed);
            remember(stateFile, facts);
            requireRoom(download, facts, have);
            receive(download, body, partial, have, facts);
            return finish(download, expected, partial, stateFile, facts);
        }
    }

    private record Answer(HttpResponse<InputStream> response, HttpResponse<InputStream> first) {}

    /** Follows redirects by hand: the token must not leave the hub's own host, and the hub's facts must not get lost. */
    private Answer open(
            ModelUri.Download download,
            Optional<String> token,
            long have,
            String validator,
            Optional<BlobCache.Entry> known)
            throws IOException {
        URI address = download.address();
        HttpResponse<InputStream> first = null;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(address)
                    .header("user-agent", "gyropilot-fetch/0.1")
                    .header("accept-encoding", "identity");
            if (token.isPresent() && sameOrigin(address, download.address())) {
                request.header("authorization", "Bearer " + token.get());
            }
            if (have > 0) {
                request.header("range", "bytes=" + have + "-").header("if-range", validator);
            } else if (known.isPresent() && !known.get().etag().isEmpty()) {
                request.header("if-none-match", known.get().etag());
            }
            HttpResponse<InputStream> response =
                    send(request.timeout(policy.silence).build());
            if (first == null) {
                first = response;
            }
            Optional<String> location = response.headers().firstValue("location");
            if (!REDIRECTS.contains(response.statusCode()) || location.isEmpty()) {
                return new Answer(response, first);
            }
            response.body().close();
            URI next = address.resolve(location.get());
            if ("https".equals(address.getScheme()) && !"https".equals(next.getScheme())) {
                throw new EngineException(
                        Code.DENIED,
                        download.text() + " redirects from https to " + next.getScheme() + "://" + next.getHost()
                                + ", which anyone on the way could change. Give that address yourself with --sha256 if you"
                                + " trust it.");
            }
            address = next;
        }
        throw new EngineException(
                Code.UNAVAILABLE, download.text() + " redirects more than " + MAX_REDIRECTS + " times.");
    }

    private static boolean sameOrigin(URI a, URI b) {
        return a.getHost().equalsIgnoreCase(b.getHost())
                && a.getPort() == b.getPort()
                && a.getScheme().equalsIgnoreCase(b.getScheme());
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineException(Code.UNAVAILABLE, "Interrupted while fetching.", e);
        } catch (IOException e) {
            throw new Interrupted(reason(request.uri(), e), e);
        }
    }

    private static String reason(URI address, IOException e) {
        String host = address.getHost() + (address.getPort() < 0 ? "" : ":" + address.getPort());
        if (e instanceof HttpTimeoutException) {
            return host + " does not answer in time";
        }
        if (e instanceof ConnectException) {
            boolean unresolved = e.getCause() instanceof ConnectException inner
                    && inner.getCause() instanceof UnresolvedAddressException;
            return unresolved ? "no address is known for " + host : "cannot connect to " + host;
        }
        return "the connection to " + host + " failed (" + e.getMessage() + ")";
    }

    private static void check(ModelUri.Download download, int status, Answer answer, boolean hadToken)
            throws IOException {
        if (status == 200 || status == 206) {
            return;
        }
        String what = answer.response.headers().firstValue("x-error-message").orElse("");
        String detail = what.isEmpty() ? "" : " (\"" + what + "\")";
        String host = answer.response.uri().getHost();
        switch (status) {
            case 401, 403 ->
                throw new EngineException(
                        Code.DENIED,
                        host + " refuses " + download.text() + " with " + status + detail + ". "
                                + (download.hub()
                                        ? hadToken
                                                ? "The token may not read it: ask for access on the model's page, or use another token."
                                                : "It is private or gated: ask for access on the model's page and give --token-file."
                                        : "The address needs credentials that this program cannot give; mirror the file."));
            case 404, 410 ->
                throw new EngineException(
                        Code.NOT_FOUND,
                        host + " has nothing at " + download.text() + " (" + status + detail + " for "
                                + download.address()
                                + "). Check the spelling"
                                + (download.hub() ? " of organisation, repository, file and revision." : "."));
            case 408, 425, 429, 500, 502, 503, 504 -> throw new Interrupted(host + " answers " + status + detail, null);
            default ->
                throw new EngineException(
                        Code.UNAVAILABLE,
                        host + " answers " + status + detail + " for " + download.address() + "; expected 200.");
        }
    }

    private static Facts facts(Answer answer, boolean resumed) {
        var headers = answer.response.headers();
        var hub = answer.first.headers();
        // The hub tells the content's own facts before it redirects to where the bytes lie.
        String linked = hub.firstValue("x-linked-etag").orElse("").replace("\"", "");
        Optional<String> sha256 = linked.matches("[0-9a-f]{64}") ? Optional.of(linked) : Optional.empty();
        String etag = headers.firstValue("etag").orElse("");
        // A weak validator does not stand for the same bytes.
        String validator = etag.startsWith("W/")
                ? ""
                : !etag.isEmpty() ? etag : headers.firstValue("last-modified").orElse("");
        OptionalLong size = OptionalLong.empty();
        Optional<String> linkedSize = hub.firstValue("x-linked-size");
        if (linkedSize.isPresent() && linkedSize.get().matches("[0-9]{1,18}")) {
            size = OptionalLong.of(Long.parseLong(linkedSize.get()));
        } else if (resumed) {
            String range = headers.firstValue("content-range").orElse("");
            String total = range.substring(range.indexOf('/') + 1);
            size = total.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(total)) : size;
        } else {
            size = headers.firstValueAsLong("content-length");
        }
        return new Facts(validator, size, sha256);
    }

    private static void remember(Path stateFile, Facts facts) throws IOException {
        Properties state = new Properties();
        state.setProperty("validator", facts.validator);
        BlobCache.write(stateFile, state);
    }

    private void requireRoom(ModelUri.Download download, Facts facts, long have) throws IOException {
        if (facts.size.isEmpty()) {
            return;
        }
        Path folder =
                java.util.Objects.requireNonNull(cache.partial(download.text()).getParent());
        long free = Files.getFileStore(folder).getUsableSpace();
        long needed = facts.size.getAsLong() - have + SPARE_BYTES;
        if (free < needed) {
            throw new EngineException(
                    Code.SYSTEM,
                    "The disk of " + folder + " has " + bytes(free) + " free; " + download.text() + " needs "
                            + bytes(needed) + ". Make room, or give a --cache on another disk.");
        }
    }

    private void receive(ModelUri.Download download, InputStream body, Path partial, long have, Facts facts)
            throws IOException {
        long total = facts.size.orElse(-1);
        long done = have;
        long lastLine = System.nanoTime();
        progress.accept(
                (have > 0 ? "resuming " + download.text() + " at " + bytes(have) : "fetching " + download.text())
                        + (total >= 0 ? " of " + bytes(total) : ""));
        byte[] part = new byte[1 << 16];
        try (Silence silence = new Silence(body, policy.silence);
                OutputStream out = have > 0
                        ? Files.newOutputStream(partial, StandardOpenOption.WRITE, StandardOpenOption.APPEND)
                        : Files.newOutputStream(partial)) {
            while (true) {
                int n = read(body, part, download);
                if (n < 0) {
                    break;
                }
                silence.broken();
                out.write(part, 0, n);
                done += n;
                if (System.nanoTime() - lastLine > 1_000_000_000L) {
                    lastLine = System.nanoTime();
                    progress.accept(
                            total > 0
                                    ? String.format(
                                            Locale.ROOT,
                                            "%s of %s (%d %%)",
                                            bytes(done),
                                            bytes(total),
                                            done * 100 / total)
                                    : bytes(done));
                }
            }
        }
        if (total >= 0 && done < total) {
            throw new Interrupted(
                    download.address().getHost() + " ended at " + bytes(done) + " of " + bytes(total), null);
        }
    }

    private static int read(InputStream body, byte[] part, ModelUri.Download download) throws IOException {
        try {
            return body.read(part);
        } catch (IOException e) {
            throw new Interrupted("the connection to " + download.address().getHost() + " was cut", e);
        }
    }

    private Path finish(
            ModelUri.Download download, Optional<String> expected, Path partial, Path stateFile, Facts facts)
            throws IOException {
        progress.accept("checking " + bytes(Files.size(partial)));
        MessageDigest digest = BlobCache.sha256();
        BlobCache.digest(partial, digest);
        String actual = BlobCache.hex(digest);
        Optional<String> wanted = expected.or(() -> facts.sha256);
        Files.deleteIfExists(stateFile);
        if (wanted.isPresent() && !wanted.get().equals(actual)) {
            Files.deleteIfExists(partial);
            throw Fetcher.mismatch(
                    download.text(),
                    wanted.get() + (expected.isPresent() ? "" : " (as the hub says)"),
                    actual,
                    "What came was removed. Check the checksum, or whether the file was replaced at its source.");
        }
        long size = Files.size(partial);
        Path blob = cache.adopt(partial, actual);
        cache.remember(new BlobCache.Entry(download.text(), actual, facts.validator, size));
        progress.accept("fetched " + download.text() + ": " + bytes(size) + ", sha-256 " + actual);
        return blob;
    }

    private static void sleep(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineException(Code.UNAVAILABLE, "Interrupted while waiting to try again.", e);
        }
    }

    private static long sizeOf(Path file) throws IOException {
        return Files.isRegularFile(file) ? Files.size(file) : 0;
    }

    static String bytes(long count) {
        if (count < 1 << 20) {
            return count + " B";
        }
        return count < 1L << 30
                ? String.format(Locale.ROOT, "%.1f MiB", count / (double) (1 << 20))
                : String.format(Locale.ROOT, "%.2f GiB", count / (double) (1L << 30));
    }
}
