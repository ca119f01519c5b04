package dev.gyropilot.api.serving;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.gyropilot.api.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Serve a model: which one, with which engine, how many replicas, and when they may go to zero. */
@JsonClassDescription("Serve a model: which one, with which engine, how many replicas, and when they may go to zero.")
@Group(Names.GROUP)
@Version(Names.VERSION)
@ShortNames({"ms", "msvc"})
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        getDescription = "Whether requests are answered.")
@AdditionalPrinterColumn(name = "URL", jsonPath = ".status.url", getDescription = "Where clients reach it.")
@AdditionalPrinterColumn(
        name = "Replicas",
        jsonPath = ".status.readyReplicas",
        type = Type.INTEGER,
        getDescription = "Ready replicas of the active revision.")
@AdditionalPrinterColumn(name = "Model", jsonPath = ".status.model", getDescription = "The resolved model.")
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = Type.DATE,
        getDescription = "Time since it was created.")
public final class ModelService extends CustomResource<ModelServiceSpec, ModelServiceStatus> implements Namespaced {}
