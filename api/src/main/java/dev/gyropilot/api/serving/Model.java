package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.gyropilot.api.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** A named model: its versions, and aliases such as {@code champion} that point at them. */
@JsonClassDescription("A named model: its versions, and aliases such as champion that point at them.")
@Group(Names.GROUP)
@Version(Names.VERSION)
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        getDescription = "Whether services can use it.")
@AdditionalPrinterColumn(name = "Task", jsonPath = ".spec.task", getDescription = "What the model does.")
@AdditionalPrinterColumn(name = "Latest", jsonPath = ".status.latestVersion", getDescription = "Its newest version.")
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = Type.DATE,
        getDescription = "Time since it was created.")
public final class Model extends CustomResource<ModelSpec, ModelStatus> implements Namespaced {}
