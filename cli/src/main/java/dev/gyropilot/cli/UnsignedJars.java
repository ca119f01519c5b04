package dev.gyropilot.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Writes the signed jars of a folder anew without their signatures: the JVM does not archive classes of signed jars, and checks
 * them at each start. What Maven brought was checked by its checksums; the build runs this on its own copies only.
 */
public final class UnsignedJars {
    private static final String FOLDER = "META-INF/";

    private UnsignedJars() {}

    /** @param arguments one folder with jars */
    public static void main(String... arguments) throws IOException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("expected one folder with jars, not " + List.of(arguments));
        }
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(arguments[0]), "*.jar")) {
            for (Path jar : jars) {
                strip(jar);
            }
        }
    }

    private static void strip(Path jar) throws IOException {
        Path unsigned = jar.resolveSibling(jar.getFileName() + ".unsigned");
        try (JarFile signed = new JarFile(jar.toFile(), false)) {
            if (signed.stream().noneMatch(UnsignedJars::isSignature)) {
                return;
            }
            write(signed, unsigned);
        }
        Files.move(unsigned, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void write(JarFile signed, Path unsigned) throws IOException {
        Manifest manifest = signed.getManifest();
        manifest.getEntries().clear();
        try (var out = new JarOutputStream(Files.newOutputStream(unsigned), manifest)) {
            for (JarEntry entry : (Iterable<JarEntry>) signed.stream()::iterator) {
                if (entry.getName().equals(JarFile.MANIFEST_NAME) || isSignature(entry)) {
                    continue;
                }
                JarEntry copy = new JarEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                out.putNextEntry(copy);
                try (var in = signed.getInputStream(entry)) {
                    in.transferTo(out);
                }
                out.closeEntry();
            }
        }
    }

    /** The signature files of the JAR specification: those directly under META-INF with one of these endings. */
    private static boolean isSignature(JarEntry entry) {
        String name = entry.getName().toUpperCase(Locale.ROOT);
        return name.startsWith(FOLDER)
                && name.indexOf('/', FOLDER.length()) < 0
                && (name.endsWith(".SF") || name.endsWith(".RSA") || name.endsWith(".DSA") || name.endsWith(".EC"));
    }
}
