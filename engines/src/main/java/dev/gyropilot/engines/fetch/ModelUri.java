package dev.gyropilot.engines.fetch;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Where a model is to be had. */
sealed interface ModelUri {
    /** As it was given. */
    String text();

    /** A name for the file. */
    String fileName();

    /** A model inside the program: nothing to bring. */
    record Builtin(String text, String fileName) implements ModelUri {}

    /** A file of this machine. */
    record LocalFile(String text, Path path) implements ModelUri {
        @Override
        public String fileName() {
            Path name = path.getFileName();
            return name == null ? "model" : name.toString();
        }
    }

    /** Something to download; {@code hub} when it comes from a Hugging Face hub and may need its token. */
    record Download(String text, URI address, boolean hub, String fileName) implements ModelUri {}

    /**
     * All files of a repository of a Hugging Face hub at one revision.
     *
     * @param name organisation and repository, as in {@code acme/tiny}
     */
    record Repository(String text, URI hub, String name, String revision, String fileName) implements ModelUri {
        /** The hub's account of the repository: its commit, and its files with their digests. */
        Download description() {
            return new Download(
                    "the list of files of hf://" + name + "@" + revision,
                    URI.create(
                            hub + "api/models/" + escapePath(name) + "/revision/" + escape(revision) + "?blobs=true"),
                    true,
                    "files.json");
        }

        /** One of its files at a commit. */
        Download file(String path, String commit) {
            return hubFile("hf://" + name + "/" + path + "@" + commit, name, path, commit, hub);
        }
    }

    /**
     * Reads a URI.
     *
     * @param hub the hub's address for {@code hf://}
     */
    static ModelUri parse(String text, URI hub) {
        int colon = text.indexOf("://");
        String scheme = colon < 0 ? "" : text.substring(0, colon);
        String rest = colon < 0 ? "" : text.substring(colon + 3);
        return switch (scheme) {
            case "builtin" -> new Builtin(text, rest);
            case "file" -> new LocalFile(text, Path.of(address(text)));
            case "http", "https" -> new Download(text, address(text), false, lastSegment(address(text), text));
            case "hf" -> hub(text, rest, hub);
            default -> throw bad(text, "begins with none of builtin://, file:///, https://, http://, hf://");
        };
    }

    private static ModelUri hub(String text, String rest, URI hub) {
        int at = rest.lastIndexOf('@');
        String revision = at < 0 ? "main" : rest.substring(at + 1);
        String[] parts =
                (at < 0 ? rest : rest.substring(0, at)).replaceFirst("/$", "").split("/", 3);
        if (parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty() || revision.isEmpty()) {
            throw bad(text, "is not of the form hf://ORGANISATION/REPOSITORY[/FILE][@REVISION]");
        }
        String name = parts[0] + "/" + parts[1];
        URI base = hub.toString().endsWith("/") ? hub : URI.create(hub + "/");
        return parts.length == 2
                ? new Repository(text, base, name, revision, parts[1])
                : hubFile(text, name, parts[2], revision, base);
    }

    private static Download hubFile(String text, String name, String file, String revision, URI hub) {
        for (String part : file.split("/", -1)) {
            if (part.isEmpty() || part.equals("..") || part.equals(".")) {
                throw bad(text, "names a file path with an empty or dotted part");
            }
        }
        String path = escapePath(name) + "/resolve/" + escape(revision) + "/" + escapePath(file);
        return new Download(text, URI.create(hub + path), true, file.substring(file.lastIndexOf('/') + 1));
    }

    private static String escapePath(String path) {
        return Arrays.stream(path.split("/")).map(ModelUri::escape).collect(Collectors.joining("/"));
    }

    /** One segment, even a revision such as refs/pr/1. */
    private static String escape(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static URI address(String text) {
        try {
            URI address = new URI(text);
            if (!"file".equals(address.getScheme()) && address.getHost() == null) {
                throw bad(text, "names no host");
            }
            return address;
        } catch (URISyntaxException e) {
            throw bad(text, "is not a valid URI (" + e.getReason() + " at " + e.getIndex() + ")");
        }
    }

    private static String lastSegment(URI address, String text) {
        String path = address.getPath();
        String name = path == null ? "" : path.substring(path.lastIndexOf('/') + 1);
        if (name.isEmpty() || name.equals("..")) {
            throw bad(text, "names no file: its path ends with /");
        }
        return name;
    }

    private static EngineException bad(String text, String how) {
        return new EngineException(
                Code.USAGE,
                "The model URI '" + text + "' " + how
                        + ". Give for example file:///models/m.gguf, https://host/m.gguf, hf://org/repo or hf://org/repo/m.gguf.");
    }
}
