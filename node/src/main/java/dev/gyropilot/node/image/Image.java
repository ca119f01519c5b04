package dev.gyropilot.node.image;

import java.util.List;
import java.util.Map;

/**
 * A local program that stands for an image.
 *
 * @param command what the image would start; a container's own {@code command} takes its place. May be empty when each
 *     container names its command
 * @param args follow {@code command} unless the container gives a command or args
 * @param environment defaults that the container's own variables override
 */
public record Image(List<String> command, List<String> args, Map<String, String> environment) {
    public Image {
        command = List.copyOf(command);
        args = List.copyOf(args);
        environment = Map.copyOf(environment);
    }

    /** A program with fixed first words. */
    public static Image of(List<String> command) {
        return new Image(command, List.of(), Map.of());
    }

    /** The words to run for a container with these {@code command} and {@code args}, as container runtimes join them. */
    public List<String> words(List<String> containerCommand, List<String> containerArgs) {
        var words = new java.util.ArrayList<String>();
        if (!containerCommand.isEmpty()) {
            words.addAll(containerCommand);
            words.addAll(containerArgs);
        } else {
            words.addAll(command);
            words.addAll(containerArgs.isEmpty() ? args : containerArgs);
        }
        return words;
    }
}
