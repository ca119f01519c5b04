package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Random bearer tokens of 256 bits; only their SHA-256 is kept, in a file that only its owner may read. Thread-safe. */
public final class Credentials {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int TOKEN_BYTES = 32;
    private static final int MAX_TOKENS = 1000;

    private final Path file;
    private final SecureRandom random = new SecureRandom();
    private volatile List<Entry> entries;

    /** @param hash SHA-256 in hex */
    private record Entry(String hash, User user) {}

    private Credentials(Path file) {
        this.file = file;
        this.entries = Files.exists(file) ? read(file) : List.of();
    }

    /** @param file made at the first {@link #issue} */
    public static Credentials open(Path file) {
        return new Credentials(file);
    }

    /** A new token for the user, which nobody can read again. */
    public synchronized String issue(String name, List<String> groups) {
        if (entries.size() >= MAX_TOKENS) {
            throw new IllegalStateException(
                    file + " holds " + MAX_TOKENS + " tokens already\nMaybe remove some with revoke.");
        }
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        List<Entry> next = new ArrayList<>(entries);
        next.add(new Entry(hash(token), new User(name, "", groups, Map.of())));
        store(next);
        return token;
    }

    /**
     * The user's token that is kept in this file, made and written there (readable by its owner only) when the file holds
     * none that is good.
     */
    public synchronized String kept(Path tokenFile, String name, List<String> groups) {
        if (Files.exists(tokenFile)) {
            String token = PrivateFiles.read(tokenFile).strip();
            if (user(token).filter(user -> user.name().equals(name)).isPresent()) {
                return token;
            }
        }
        String token = issue(name, groups);
        PrivateFiles.write(tokenFile, token + "\n");
        return token;
    }

    /** Takes away all tokens of the user. */
    public synchronized void revoke(String name) {
        store(entries.stream()
                .filter(entry -> !entry.user().name().equals(name))
                .toList());
    }

    /** The user that the token belongs to, in a time that does not depend on how much of it is right. */
    public Optional<User> user(String token) {
        byte[] hash = hash(token).getBytes(StandardCharsets.US_ASCII);
        Optional<User> found = Optional.empty();
        for (Entry entry : entries) {
            if (MessageDigest.isEqual(entry.hash().getBytes(StandardCharsets.US_ASCII), hash)) {
                found = Optional.of(entry.user());
            }
        }
        return found;
    }

    private void store(List<Entry> next) {
        ArrayNode tokens = MAPPER.createArrayNode();
        for (Entry entry : next) {
            ObjectNode token = tokens.addObject()
                    .put("sha256", entry.hash())
                    .put("user", entry.user().name());
            entry.user().groups().forEach(token.putArray("groups")::add);
        }
        try {
            PrivateFiles.write(file, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(tokens) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that cannot be written", e);
        }
        entries = List.copyOf(next);
    }

    private static List<Entry> read(Path file) {
        try {
            List<Entry> entries = new ArrayList<>();
            for (JsonNode token : MAPPER.readTree(PrivateFiles.read(file))) {
                List<String> groups = new ArrayList<>();
                token.path("groups").forEach(group -> groups.add(group.asText()));
                entries.add(new Entry(
                        token.path("sha256").asText(),
                        new User(token.path("user").asText(), "", List.copyOf(groups), Map.of())));
            }
            return List.copyOf(entries);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "the file of tokens " + file + " is damaged\nMaybe remove it to have new tokens made.", e);
        }
    }

    private static String hash(String token) {
        try {
            byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }
}
