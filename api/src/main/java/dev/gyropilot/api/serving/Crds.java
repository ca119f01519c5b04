package dev.gyropilot.api.serving;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The CustomResourceDefinitions of Gyropilot's own kinds, as they are applied to a cluster. */
public final class Crds {
    private static final List<String> PLURALS = List.of("engines", "models", "modelservices", "queues");

    private Crds() {}

    /** All of them, in the order in which they are applied. */
    public static List<CustomResourceDefinition> all() {
        return PLURALS.stream().map(Crds::read).toList();
    }

    /** Class path location of the definition of the kind with that plural name. */
    static String resource(String plural) {
        return "/crds/" + plural + ".yaml";
    }

    private static CustomResourceDefinition read(String plural) {
        try (InputStream in = Crds.class.getResourceAsStream(resource(plural))) {
            if (in == null) {
                throw new IllegalStateException(resource(plural) + " is missing from the class path");
            }
            return Serialization.unmarshal(in, CustomResourceDefinition.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
