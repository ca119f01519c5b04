package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.install.image.GyropilotImages;
import dev.gyropilot.install.image.Image;
import dev.gyropilot.install.image.ImageException;
import dev.gyropilot.install.image.Registry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "image",
        description = {
            "Build the container images of the control plane and the engines as one OCI archive.",
            "Needs no Docker, no root and no network; the same sources give the same bytes."
        },
        footer = {
            "%nExamples:",
            "  gyro image",
            "  gyro image --load                                   into this machine's containerd",
            "  gyro image --repository registry.example/ai --push  with GYROPILOT_REGISTRY_USER and _PASSWORD"
        })
final class ImageCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The archive (default: target/image/gyropilot.tar of the repository).")
    private @Nullable Path out;

    @Option(
            names = "--repository",
            paramLabel = "HOST/PATH",
            description = "Where the images belong (default: ${DEFAULT-VALUE}).",
            defaultValue = Names.IMAGE_REPOSITORY)
    private String repository = Names.IMAGE_REPOSITORY;

    @Option(names = "--load", description = "Load them into containerd by ctr.")
    private boolean load;

    @Option(
            names = "--containerd",
            paramLabel = "SOCKET",
            description = "Containerd's socket (default: ${DEFAULT-VALUE}).",
            defaultValue = "/run/containerd/containerd.sock")
    private Path containerd = Path.of("/run/containerd/containerd.sock");

    @Option(names = "--push", description = "Push them to their registry.")
    private boolean push;

    ImageCommand(Terminal terminal, Home home) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Path root = Path.of(System.getProperty("gyropilot.root", ".")).toAbsolutePath();
        Path target = root.resolve("target");
        Path file = out == null ? target.resolve("image").resolve("gyropilot.tar") : out.toAbsolutePath();
        terminal.doing("building the images");
        try {
            GyropilotImages.Pair images = new GyropilotImages(
                            target.resolve("dist"),
                            Path.of(System.getProperty("java.home")),
                            target.resolve("image"),
                            Version.current())
                    .build(
                            repository + "/gyropilot:" + Version.current(),
                            repository + "/engines:" + Version.current());
            List<Image> both = List.of(images.control(), images.engines());
            Image.write(both, file);
            for (Image image : both) {
                terminal.done(image.name() + "  " + (image.size() >> 20) + " MiB  " + image.manifest());
            }
            terminal.done("written to " + file);
            if (load) {
                load(file);
            }
            if (push) {
                push(both);
            }
        } catch (ImageException e) {
            throw new CliError(String.valueOf(e.getMessage()), "", e);
        }
        return 0;
    }

    private void load(Path file) {
        List<String> command = new ArrayList<>(List.of("ctr", "-a", containerd.toString(), "-n", "k8s.io"));
        command.addAll(List.of("images", "import", "--all-platforms", file.toString()));
        try {
            Process ctr = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(ctr.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (ctr.waitFor() != 0) {
                throw new CliError(
                        "containerd did not take the images: " + said.strip(),
                        "Check --containerd " + containerd + " and your right to it (root).");
            }
            terminal.done("loaded into " + containerd);
        } catch (IOException e) {
            throw new CliError("cannot run ctr: " + e.getMessage(), "Put containerd's ctr on the PATH.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliError("interrupted while loading the images", "", e);
        }
    }

    private void push(List<Image> images) {
        String user = System.getenv("GYROPILOT_REGISTRY_USER");
        String password = System.getenv("GYROPILOT_REGISTRY_PASSWORD");
        Registry registry =
                new Registry(user == null || password == null ? null : new Registry.Credentials(user, password));
        for (Image image : images) {
            terminal.doing("pushing " + image.name());
            registry.push(image);
            terminal.done("pushed " + image.name());
        }
    }
}
