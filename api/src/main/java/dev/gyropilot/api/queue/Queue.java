package dev.gyropilot.api.queue;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.gyropilot.api.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A tenant's share of the devices: guaranteed, limit, weight, borrowing and preemption; queues form a tree. */
@JsonClassDescription(
        "A tenant's share of the devices: guaranteed, limit, weight, borrowing and preemption; queues form a tree.")
@Group(Names.GROUP)
@Version(Names.VERSION)
@ShortNames("gq")
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        getDescription = "Whether work is taken from it.")
@AdditionalPrinterColumn(name = "Parent", jsonPath = ".spec.parent", getDescription = "The queue above it.")
@AdditionalPrinterColumn(
        name = "Used",
        jsonPath = ".status.usage.devices",
        type = Type.NUMBER,
        getDescription = "Devices in use, those of the queues below included.")
@AdditionalPrinterColumn(
        name = "Guaranteed",
        jsonPath = ".spec.guaranteed.devices",
        type = Type.NUMBER,
        getDescription = "Devices that its work is sure to get.")
@AdditionalPrinterColumn(
        name = "Limit",
        jsonPath = ".spec.limit.devices",
        type = Type.NUMBER,
        getDescription = "The most devices that its work may use.")
@AdditionalPrinterColumn(
        name = "Pending",
        jsonPath = ".status.pending",
        type = Type.INTEGER,
        getDescription = "Waiting gangs and pods.")
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = Type.DATE,
        getDescription = "Time since it was created.")
public final class Queue extends CustomResource<QueueSpec, QueueStatus> {}
