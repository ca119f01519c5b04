package dev.gyropilot.node.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.node.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which local program stands for which image. Names are compared without tag and digest; a name that ends in {@code *}
 * stands for all that begin like it. The user's file is read anew for each look-up that fails, so that an entry added
 * while a pod waits is found.
 */
public final class ImageTable {
    private static final Set<String> FILE_KEYS = Set.of("images");
    private static final Set<String> IMAGE_KEYS = Set.of("command", "args", "env");

    private final Map<String, Image> builtIn;
    private final Path file;

    /** @param file the user's {@code node.yaml}; it need not exist */
    public ImageTable(Map<String, Image> builtIn, Path file) {
        this.builtIn = normalised(builtIn);
        this.file = file;
    }

    /** The user's file, for messages. */
    public Path file() {
        return file;
    }

    /**
     * The program for an image.
     *
     * @throws IllegalArgumentException when the user's file is wrong; the message says where
     */
    public Optional<Image> resolve(String reference) {
        String name = name(reference);
        return lookup(read(), name).or(() -> lookup(builtIn, name));
    }

    /** What to tell a user whose image has no entry. */
    public String remedy(String reference) {
        return "image " + reference + " stands for no local program on this node; add to " + file
                + " an entry such as\n" + "images:\n  " + name(reference) + ":\n    command: [\"/path/to/program\"]";
    }

    /** An image's name without registry default, tag and digest. */
    static String name(String reference) {
        String name = reference;
        int digest = name.indexOf('@');
        if (digest >= 0) {
            name = name.substring(0, digest);
        }
        int colon = name.lastIndexOf(':');
        if (colon > name.lastIndexOf('/')) {
            name = name.substring(0, colon);
        }
        for (String prefix :
                List.of("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/")) {
            if (name.startsWith(prefix)) {
                return name.substring(prefix.length());
            }
        }
        return name;
    }

    private static Optional<Image> lookup(Map<String, Image> table, String name) {
        Image exact = table.get(name);
        if (exact != null) {
            return Optional.of(exact);
        }
        return table.entrySet().stream()
                .filter(e -> e.getKey().endsWith("*"))
                .filter(e -> name.startsWith(e.getKey().substring(0, e.getKey().length() - 1)))
                .max(Map.Entry.comparingByKey(java.util.Comparator.comparingInt(String::length)))
                .map(Map.Entry::getValue);
    }

    private static Map<String, Image> normalised(Map<String, Image> table) {
        var result = new LinkedHashMap<String, Image>();
        table.forEach((key, image) -> result.put(name(key), image));
        return result;
    }

    private Map<String, Image> read() {
        if (!Files.exists(file)) {
            return Map.of();
        }
        JsonNode root;
        try {
            root = Json.YAML.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read as YAML: " + e.getMessage(), e);
        }
        if (root == null || root.isMissingNode() || root.isNull()) {
            return Map.of();
        }
        onlyKeys(root, FILE_KEYS, "");
        var table = new LinkedHashMap<String, Image>();
        root.path("images").properties().forEach(entry -> {
            String at = "images." + entry.getKey();
            JsonNode value = entry.getValue();
            if (!value.isNull()) {
                onlyKeys(value, IMAGE_KEYS, at);
            }
            table.put(
                    name(entry.getKey()),
                    new Image(words(value, "command", at), words(value, "args", at), variables(value.path("env"), at)));
        });
        return table;
    }

    private void onlyKeys(JsonNode node, Set<String> known, String at) {
        if (!node.isObject()) {
            throw wrong(
                    at.isEmpty() ? "the file" : at,
                    "must be a map with the keys " + known.stream().sorted().toList());
        }
        node.fieldNames().forEachRemaining(key -> {
            if (!known.contains(key)) {
                throw wrong(
                        at.isEmpty() ? key : at + "." + key,
                        "is not known here; known are "
                                + known.stream().sorted().toList());
            }
        });
    }

    private List<String> words(JsonNode image, String key, String at) {
        JsonNode node = image.path(key);
        var words = new ArrayList<String>();
        if (!node.isMissingNode() && !node.isArray()) {
            throw wrong(at + "." + key, "must be a list of words, such as [\"python3\", \"server.py\"]");
        }
        node.forEach(word -> words.add(word.asText()));
        return words;
    }

    private Map<String, String> variables(JsonNode node, String at) {
        var result = new LinkedHashMap<String, String>();
        if (!node.isMissingNode() && !node.isObject()) {
            throw wrong(at + ".env", "must be a map from variable to value");
        }
        node.properties().forEach(e -> result.put(e.getKey(), e.getValue().asText()));
        return result;
    }

    private IllegalArgumentException wrong(String field, String what) {
        return new IllegalArgumentException(file + ": " + field + " " + what);
    }
}
