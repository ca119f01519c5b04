package dev.gyropilot.install.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Gyropilot's two images, of a built distribution and the JDK in use: the control plane, and the engines. Below both lie the
 * same layers: the C library's files of this machine and a Java runtime with only the modules that are needed. There is no
 * shell and no package manager in them, they run without root, and they write nowhere but in volumes.
 */
public final class GyropilotImages {
    private static final String USER = "65532:65532";
    private static final String JAVA = "/opt/java/bin/java";
    private static final String JARS = "/opt/gyropilot/lib";
    private static final String MODULES =
            "java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,"
                    + "java.net.http,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,jdk.httpserver,jdk.jfr,"
                    + "jdk.management,jdk.naming.dns,jdk.unsupported,jdk.zipfs";

    /** Jars that only engines need, and that outweigh all others. */
    private static final List<String> ENGINES_ONLY = List.of("onnxruntime-", "langchain4j-embeddings-", "llama-");

    private static final List<String> LIBRARIES = List.of(
            "libc.so.6",
            "libdl.so.2",
            "libm.so.6",
            "libnss_dns.so.2",
            "libnss_files.so.2",
            "libpthread.so.0",
            "libresolv.so.2",
            "librt.so.1",
            "libz.so.1");

    private static final List<String> ENGINES_LIBRARIES = List.of("libgcc_s.so.1", "libstdc++.so.6", "libgomp.so.1");
    private static final List<Path> LIBRARY_FOLDERS = List.of(
            Path.of("/lib/x86_64-linux-gnu"),
            Path.of("/usr/lib/x86_64-linux-gnu"),
            Path.of("/lib64"),
            Path.of("/usr/lib64"));

    private static final String LOADER = "ld-linux-x86-64.so.2";
    private static final List<String> JVM = List.of(
            "-XX:+UseSerialGC",
            "-Xss512k",
            "-XX:MaxRAMPercentage=60",
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=30",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dfile.encoding=UTF-8");

    private final Path distribution;
    private final Path javaHome;
    private final Path work;
    private final String version;

    /**
     * @param distribution folder with {@code lib/} and {@code engines.classpath}, as the launcher builds it
     * @param javaHome the JDK whose runtime the images get
     * @param work folder for what is made on the way
     */
    public GyropilotImages(Path distribution, Path javaHome, Path work, String version) {
        this.distribution = distribution;
        this.javaHome = javaHome;
        this.work = work;
        this.version = version;
    }

    /** Both images: control plane and engines. */
    public record Pair(Image control, Image engines) {}

    public Pair build(String controlName, String enginesName) {
        List<Path> all = jars();
        Set<String> engineNames = engineJars();
        List<Path> engines =
                all.stream().filter(jar -> engineNames.contains(name(jar))).toList();
        List<Path> control = all.stream().filter(jar -> !isEnginesOnly(jar)).toList();
        List<Path> shared = engines.stream().filter(control::contains).toList();

        List<Layer> below = List.of(base(), runtime(), jarLayer(shared));
        Layer controlLayer =
                jarLayer(control.stream().filter(j -> !shared.contains(j)).toList());
        controlLayer
                .bytes("usr/share/sbom/gyropilot.cdx.json", bill("gyropilot", control, LIBRARIES))
                .folder("var/gyropilot/state", 0_1777)
                .folder("etc/gyropilot", 0_755);
        Layer enginesLayer =
                jarLayer(engines.stream().filter(j -> !shared.contains(j)).toList());
        addLibraries(enginesLayer, ENGINES_LIBRARIES);
        List<String> libraries = new ArrayList<>(LIBRARIES);
        libraries.addAll(ENGINES_LIBRARIES);
        enginesLayer
                .bytes("usr/share/sbom/engines.cdx.json", bill("engines", engines, libraries))
                .folder("var/gyropilot/models", 0_1777);
        return new Pair(
                Image.of(
                        controlName,
                        and(below, controlLayer),
                        start("dev.gyropilot.cli.Main", Map.of("GYROPILOT_HOME", "/var/gyropilot/state")),
                        labels("Gyropilot's control plane: operator, scheduler and gateway")),
                Image.of(
                        enginesName,
                        and(below, enginesLayer),
                        start(
                                "dev.gyropilot.engines.Main",
                                Map.of("GYROPILOT_HOME", "/tmp/gyropilot", "ORT_DISABLE_TELEMETRY", "1")),
                        labels("Gyropilot's engines: ONNX, llama.cpp, simulated, and the fetcher of models")));
    }

    private static Image.Start start(String main, Map<String, String> more) {
        List<String> entrypoint = new ArrayList<>();
        entrypoint.add(JAVA);
        entrypoint.addAll(JVM);
        entrypoint.addAll(List.of("-cp", JARS + "/*", main));
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", "/opt/java/bin");
        environment.put("LANG", "C.UTF-8");
        more.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(e -> environment.put(e.getKey(), e.getValue()));
        return new Image.Start(entrypoint, environment, USER);
    }

    private Map<String, String> labels(String description) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("org.opencontainers.image.title", "Gyropilot");
        labels.put("org.opencontainers.image.description", description);
        labels.put("org.opencontainers.image.version", version);
        labels.put("org.opencontainers.image.licenses", "Apache-2.0");
        return labels;
    }

    /** What a program needs of a system: the C library, names of users, and how names of hosts are looked up. */
    private static Layer base() {
        Layer layer = new Layer();
        layer.file("lib64/" + LOADER, library(LOADER));
        addLibraries(layer, LIBRARIES);
        layer.text("etc/passwd", "root:x:0:0:root:/:/sbin/nologin\ngyropilot:x:65532:65532::/tmp:/sbin/nologin\n")
                .text("etc/group", "root:x:0:\ngyropilot:x:65532:\n")
                .text("etc/nsswitch.conf", "hosts: files dns\n")
                .folder("tmp", 0_1777);
        for (String owner : List.of("libc6", "zlib1g", "libgcc-s1", "libstdc++6")) {
            Path licence = Path.of("/usr/share/doc", owner, "copyright");
            if (Files.exists(licence)) {
                layer.file("usr/share/licenses/" + owner + "/copyright", licence);
            }
        }
        return layer;
    }

    private static void addLibraries(Layer layer, List<String> names) {
        for (String name : names) {
            layer.file("usr/lib/x86_64-linux-gnu/" + name, library(name));
        }
        layer.link("lib", "usr/lib");
    }

    private static Path library(String name) {
        return LIBRARY_FOLDERS.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::exists)
                .findFirst()
                .map(GyropilotImages::real)
                .orElseThrow(() -> new ImageException("this machine has no " + name
                        + ": images are built on Linux on x86-64 with the GNU C library"));
    }

    private static Path real(Path link) {
        try {
            return link.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Layer runtime() {
        Path folder = work.resolve("runtime");
        delete(folder);
        try {
            Files.createDirectories(work);
            Process jlink = new ProcessBuilder(
                            javaHome.resolve("bin").resolve("jlink").toString(),
                            "--add-modules",
                            MODULES,
                            "--strip-debug",
                            "--no-man-pages",
                            "--no-header-files",
                            "--vm",
                            "server",
                            "--output",
                            folder.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(jlink.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (jlink.waitFor() != 0) {
                throw new ImageException("jlink of " + javaHome + " failed: " + said);
            }
        } catch (IOException e) {
            throw new ImageException(
                    "cannot make a Java runtime: " + e.getMessage() + "; " + javaHome + " must be a JDK with its jmods",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ImageException("the building of the image was interrupted", e);
        }
        return new Layer().tree("opt/java", folder);
    }

    private static Layer jarLayer(List<Path> jars) {
        Layer layer = new Layer();
        for (Path jar : jars) {
            layer.bytes(JARS + "/" + name(jar), Jars.forLinux(jar));
        }
        Jars.licences(jars, layer);
        return layer;
    }

    private byte[] bill(String name, List<Path> jars, List<String> libraries) {
        return Jars.billOfMaterials(
                name,
                version,
                jars,
                libraries.stream().map(GyropilotImages::library).toList());
    }

    private List<Path> jars() {
        try (Stream<Path> files = Files.list(distribution.resolve("lib"))) {
            return files.filter(file -> name(file).endsWith(".jar"))
                    .sorted(Comparator.comparing(GyropilotImages::name))
                    .toList();
        } catch (IOException e) {
            throw new ImageException("there is no built program in " + distribution + ": run ./gyro build", e);
        }
    }

    private Set<String> engineJars() {
        try {
            return Stream.of(Files.readString(distribution.resolve("engines.classpath"))
                            .strip()
                            .split(":", -1))
                    .map(path -> name(Path.of(path)))
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new ImageException("there is no built program in " + distribution + ": run ./gyro build", e);
        }
    }

    private static boolean isEnginesOnly(Path jar) {
        return ENGINES_ONLY.stream().anyMatch(name(jar)::startsWith);
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    private static <T> List<T> and(List<T> list, T last) {
        return Stream.concat(list.stream(), Stream.of(last)).toList();
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
