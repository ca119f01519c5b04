package dev.gyropilot.apiserver.protobuf;

import static java.util.Map.entry;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import dev.gyropilot.apiserver.builtin.GoType;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Admissionregistration;
import io.kubernetes.client.proto.V1Apiextensions;
import io.kubernetes.client.proto.V1Apps;
import io.kubernetes.client.proto.V1Authentication;
import io.kubernetes.client.proto.V1Authorization;
import io.kubernetes.client.proto.V1Autoscaling;
import io.kubernetes.client.proto.V1Batch;
import io.kubernetes.client.proto.V1Certificates;
import io.kubernetes.client.proto.V1Coordination;
import io.kubernetes.client.proto.V1Discovery;
import io.kubernetes.client.proto.V1Events;
import io.kubernetes.client.proto.V1Flowcontrol;
import io.kubernetes.client.proto.V1Networking;
import io.kubernetes.client.proto.V1Node;
import io.kubernetes.client.proto.V1Policy;
import io.kubernetes.client.proto.V1Rbac;
import io.kubernetes.client.proto.V1Resource;
import io.kubernetes.client.proto.V1Scheduling;
import io.kubernetes.client.proto.V1Storage;
import io.kubernetes.client.proto.V2Autoscaling;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Finds the protobuf message of a Go type. The descriptors are large and are loaded when the first message needs them. */
final class Messages {
    private static final String API = "io.k8s.api.";
    private static final Map<String, Supplier<FileDescriptor>> FILES = Map.ofEntries(
            entry("io.k8s.apimachinery.pkg.apis.meta.v1", Meta::getDescriptor),
            entry("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1", V1Apiextensions::getDescriptor),
            entry(API + "admissionregistration.v1", V1Admissionregistration::getDescriptor),
            entry(API + "apps.v1", V1Apps::getDescriptor),
            entry(API + "authentication.v1", V1Authentication::getDescriptor),
            entry(API + "authorization.v1", V1Authorization::getDescriptor),
            entry(API + "autoscaling.v1", V1Autoscaling::getDescriptor),
            entry(API + "autoscaling.v2", V2Autoscaling::getDescriptor),
            entry(API + "batch.v1", V1Batch::getDescriptor),
            entry(API + "certificates.v1", V1Certificates::getDescriptor),
            entry(API + "coordination.v1", V1Coordination::getDescriptor),
            entry(API + "core.v1", V1::getDescriptor),
            entry(API + "discovery.v1", V1Discovery::getDescriptor),
            entry(API + "events.v1", V1Events::getDescriptor),
            entry(API + "flowcontrol.v1", V1Flowcontrol::getDescriptor),
            entry(API + "networking.v1", V1Networking::getDescriptor),
            entry(API + "node.v1", V1Node::getDescriptor),
            entry(API + "policy.v1", V1Policy::getDescriptor),
            entry(API + "rbac.v1", V1Rbac::getDescriptor),
            entry(API + "resource.v1", V1Resource::getDescriptor),
            entry(API + "scheduling.v1", V1Scheduling::getDescriptor),
            entry(API + "storage.v1", V1Storage::getDescriptor));

    private Messages() {}

    static @Nullable Descriptor of(GoType.Struct type) {
        int dot = type.name().lastIndexOf('.');
        Supplier<FileDescriptor> file = FILES.get(type.name().substring(0, dot));
        return file == null
                ? null
                : file.get().findMessageTypeByName(type.name().substring(dot + 1));
    }
}
