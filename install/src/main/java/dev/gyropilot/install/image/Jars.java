package dev.gyropilot.install.image;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The program's jars as an image carries them: without native code of other platforms, with licences and a bill of materials. */
final class Jars {
    private static final Pattern FOREIGN = Pattern.compile("org/sqlite/native/(?!Linux/x86_64/).+"
            + "|ai/onnxruntime/native/(?!linux-x64/).+"
            + "|de/kherud/llama/(Linux/(?!x86_64/)|Mac|Windows).+");

    private static final Pattern LICENCE =
            Pattern.compile("(META-INF/)?(LICENSE|LICENCE|NOTICE|COPYING)[^/]*", Pattern.CASE_INSENSITIVE);
    private static final Pattern FILE_NAME = Pattern.compile("(.+?)-(\\d[^/]*)\\.jar");
    /** The earliest time that a zip entry can have. */
    private static final long NO_TIME = 315_532_800_000L;

    private Jars() {}

    /** The jar with entries that run on Linux on x86-64 only; the jar itself when it has no others. */
    static byte[] forLinux(Path jar) {
        try (JarFile file = new JarFile(jar.toFile(), false)) {
            List<JarEntry> entries = Collections.list(file.entries());
            if (entries.stream().noneMatch(e -> FOREIGN.matcher(e.getName()).matches())) {
                return Files.readAllBytes(jar);
            }
            var bytes = new ByteArrayOutputStream();
            try (var out = new ZipOutputStream(bytes)) {
                for (JarEntry entry : entries) {
                    if (!FOREIGN.matcher(entry.getName()).matches()) {
                        copy(file, entry, out);
                    }
                }
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(JarFile from, JarEntry entry, ZipOutputStream to) throws IOException {
        var copy = new ZipEntry(entry.getName());
        copy.setTime(NO_TIME);
        to.putNextEntry(copy);
        try (InputStream in = from.getInputStream(entry)) {
            in.transferTo(to);
        }
        to.closeEntry();
    }

    /** Adds the licence texts of these jars. */
    static void licences(List<Path> jars, Layer layer) {
        for (Path jar : jars) {
            try (JarFile file = new JarFile(jar.toFile(), false)) {
                for (JarEntry entry : Collections.list(file.entries())) {
                    if (!entry.isDirectory() && LICENCE.matcher(entry.getName()).matches()) {
                        try (InputStream in = file.getInputStream(entry)) {
                            String name = entry.getName().replaceFirst("^META-INF/", "");
                            layer.bytes(
                                    "usr/share/licenses/"
                                            + jar.getFileName().toString().replaceFirst("\\.jar$", "") + "/" + name,
                                    in.readAllBytes());
                        }
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A bill of materials in CycloneDX 1.6: each jar by its Maven coordinates where it tells them, with its hash. */
    static byte[] billOfMaterials(String name, String version, List<Path> jars, List<Path> libraries) {
        var json = JsonMapper.builder().build();
        ObjectNode bill = json.createObjectNode();
        bill.put("bomFormat", "CycloneDX").put("specVersion", "1.6").put("version", 1);
        bill.putObject("metadata")
                .putObject("component")
                .put("type", "container")
                .put("name", name)
                .put("version", version);
        var components = bill.putArray("components");
        List<Path> sorted = new ArrayList<>(jars);
        sorted.sort(Comparator.comparing(path -> path.getFileName().toString()));
        for (Path jar : sorted) {
            component(components.addObject(), jar);
        }
        for (Path library : libraries) {
            ObjectNode component = components.addObject();
            component
                    .put("type", "library")
                    .put("name", library.getFileName().toString())
                    .put("version", "as on the machine that built the image");
            hash(component, library);
        }
        components
                .addObject()
                .put("type", "platform")
                .put("name", "Java runtime")
                .put("version", Runtime.version().toString());
        try {
            return json.writerWithDefaultPrettyPrinter().writeValueAsBytes(bill);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void component(ObjectNode component, Path jar) {
        String file = jar.getFileName().toString();
        var matcher = FILE_NAME.matcher(file);
        String name = matcher.matches() ? matcher.group(1) : file;
        String version = matcher.matches() ? matcher.group(2) : "";
        component.put("type", "library").put("name", name).put("version", version);
        coordinates(jar, name)
                .ifPresent(group ->
                        component.put("group", group).put("purl", "pkg:maven/" + group + "/" + name + "@" + version));
        hash(component, jar);
    }

    private static void hash(ObjectNode component, Path file) {
        try {
            component
                    .putArray("hashes")
                    .addObject()
                    .put("alg", "SHA-256")
                    .put("content", Image.digest(Files.readAllBytes(file)).substring("sha256:".length()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> coordinates(Path jar, String artifact) {
        try (JarFile file = new JarFile(jar.toFile(), false)) {
            for (JarEntry entry : Collections.list(file.entries())) {
                String name = entry.getName().toLowerCase(Locale.ROOT);
                if (name.startsWith("meta-inf/maven/") && name.endsWith("/" + artifact + "/pom.properties")) {
                    Properties properties = new Properties();
                    try (InputStream in = file.getInputStream(entry)) {
                        properties.load(in);
                    }
                    return Optional.ofNullable(properties.getProperty("groupId"));
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
