package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.gyropilot.api.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** How a model server runs: its image, arguments, port, health and metrics. Cluster-scoped; several are built in. */
@JsonClassDescription("How a kind of model server runs: its image, arguments, port, health and metrics.")
@Group(Names.GROUP)
@Version(Names.VERSION)
@AdditionalPrinterColumn(name = "Formats", jsonPath = ".spec.formats", getDescription = "Model formats that it serves.")
@AdditionalPrinterColumn(name = "Image", jsonPath = ".spec.image", getDescription = "Its container image.")
@AdditionalPrinterColumn(
        name = "Simulated",
        jsonPath = ".spec.simulated",
        type = Type.BOOLEAN,
        getDescription = "True when no model runs and answers are made up.")
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = Type.DATE,
        getDescription = "Time since it was created.")
public final class Engine extends CustomResource<EngineSpec, Void> {}
