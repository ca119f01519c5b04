package dev.gyropilot.api.serving;

import dev.gyropilot.api.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** How a model server runs: its image, arguments, port, health and metrics. Cluster-scoped; several are built in. */
@Group(Names.GROUP)
@Version(Names.VERSION)
@AdditionalPrinterColumn(name = "Formats", jsonPath = ".spec.formats")
@AdditionalPrinterColumn(name = "Image", jsonPath = ".spec.image")
@AdditionalPrinterColumn(name = "Simulated", jsonPath = ".spec.simulated", type = Type.BOOLEAN)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public final class Engine extends CustomResource<EngineSpec, Void> {}
