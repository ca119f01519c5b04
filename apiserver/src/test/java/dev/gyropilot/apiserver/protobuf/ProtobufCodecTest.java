package dev.gyropilot.apiserver.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MessageLite;
import dev.gyropilot.apiserver.builtin.BuiltinTypes;
import dev.gyropilot.apiserver.builtin.GoType;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import io.kubernetes.client.proto.IntStr;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Apps;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProtobufCodecTest {
    private static byte[] frame(String apiVersion, String kind, MessageLite message) {
        ByteString unknown = Runtime.Unknown.newBuilder()
                .setTypeMeta(
                        Runtime.TypeMeta.newBuilder().setApiVersion(apiVersion).setKind(kind))
                .setRaw(message.toByteString())
                .setContentEncoding("")
                .setContentType("")
                .build()
                .toByteString();
        return ByteString.copyFrom(new byte[] {'k', '8', 's', 0})
                .concat(unknown)
                .toByteArray();
    }

    private static ObjectNode json(String text) throws IOException {
        return (ObjectNode) new ObjectMapper().readTree(text);
    }

    @Test
    void readsAPodAsGoWritesIt() throws Exception {
        V1.Pod pod = V1.Pod.newBuilder()
                .setMetadata(Meta.ObjectMeta.newBuilder()
                        .setName("p")
                        .setGenerateName("")
                        .setGeneration(0)
                        .setCreationTimestamp(Meta.Time.getDefaultInstance())
                        .putLabels("a", "b"))
                .setSpec(V1.PodSpec.newBuilder()
                        .setHostNetwork(false)
                        .setTerminationGracePeriodSeconds(0)
                        .addVolumes(V1.Volume.newBuilder()
                                .setName("v")
                                .setVolumeSource(V1.VolumeSource.newBuilder()
                                        .setSecret(V1.SecretVolumeSource.newBuilder()
                                                .setSecretName("s"))))
                        .addContainers(V1.Container.newBuilder()
                                .setName("c")
                                .setImage("i")
                                .setTty(false)
                                .addArgs("x")
                                .setReadinessProbe(V1.Probe.newBuilder()
                                        .setHandler(V1.ProbeHandler.newBuilder()
                                                .setHttpGet(V1.HTTPGetAction.newBuilder()
                                                        .setPort(IntStr.IntOrString.newBuilder()
                                                                .setType(1)
                                                                .setStrVal("http"))))))
                        .setRestartPolicy(""))
                .setStatus(V1.PodStatus.newBuilder().setPhase(""))
                .build();
        ObjectNode read = ProtobufCodec.decode(frame("v1", "Pod", pod), "Pod");
        assertThat(read)
                .isEqualTo(json(
                        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\",\"labels\":{\"a\":\"b\"}},"
                                + "\"spec\":{\"terminationGracePeriodSeconds\":0,\"volumes\":[{\"name\":\"v\",\"secret\":{\"secretName\":"
                                + "\"s\"}}],\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"args\":[\"x\"],\"readinessProbe\":{"
                                + "\"httpGet\":{\"port\":\"http\"}},\"resources\":{}}]},\"status\":{}}"));
    }

    @Test
    void readsOptionsAndReviews() throws Exception {
        Meta.DeleteOptions options = Meta.DeleteOptions.newBuilder()
                .setGracePeriodSeconds(0)
                .setPropagationPolicy("Background")
                .setPreconditions(Meta.Preconditions.newBuilder().setUid("u"))
                .build();
        assertThat(ProtobufCodec.decode(frame("v1", "DeleteOptions", options)))
                .isEqualTo(json("{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0,"
                        + "\"propagationPolicy\":\"Background\",\"preconditions\":{\"uid\":\"u\"}}"));
    }

    @Test
    void saysWhatIsWrong() {
        byte[] text = "abc".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> ProtobufCodec.decode(text, "Pod"))
                .hasMessage(
                        "the object provided is unrecognized (must be of type Pod): provided data does not appear to be a"
                                + " protobuf message, expected prefix [107 56 115 0] (616263)");
        assertThatThrownBy(() -> ProtobufCodec.decode(new byte[0], "Pod")).hasMessageContaining("empty data");
        byte[] custom = frame("demo.io/v1", "Widget", V1.Pod.getDefaultInstance());
        assertThatThrownBy(() -> ProtobufCodec.decode(custom, "Widget"))
                .isInstanceOfSatisfying(
                        ApiError.class, error -> assertThat(error.code()).isEqualTo(415));
    }

    /** Every field of every message must have a JSON name in the schema, or be an embedded struct whose fields do. */
    @Test
    void noFieldOfABuiltinKindIsLost() {
        List<String> lost = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (ResourceType type : BuiltinTypes.all()) {
            GoType.Struct struct = BuiltinTypes.goType(type.group(), type.version(), type.kind());
            assertThat(struct).isNotNull();
            if (struct != null) {
                Descriptor message = Messages.of(struct);
                if (message != null) {
                    collect(message, struct, lost, seen);
                }
            }
        }
        // Fields of alpha features are absent from the schemas of a server that does not have them.
        assertThat(lost).isEmpty();
    }

    private static void collect(Descriptor message, GoType.Struct type, List<String> lost, Set<String> seen) {
        if (!seen.add(message.getFullName() + type.name())) {
            return;
        }
        Set<String> reached = new HashSet<>();
        reach(message, type, reached, lost, seen);
        type.fields().keySet().stream()
                .filter(name -> !reached.contains(name) && !name.equals("kind") && !name.equals("apiVersion"))
                .forEach(name -> lost.add("no number for " + type.name() + "." + name));
    }

    private static void reach(
            Descriptor message, GoType.Struct type, Set<String> reached, List<String> lost, Set<String> seen) {
        for (FieldDescriptor field : message.getFields()) {
            String name = MessageReader.jsonName(field, type);
            GoType.Field known = type.fields().get(name);
            if (known != null) {
                reached.add(name);
                GoType inner = known.type() instanceof GoType.ListOf list
                        ? list.item()
                        : known.type() instanceof GoType.MapOf map ? map.value() : known.type();
                if (inner instanceof GoType.Struct struct && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                    Descriptor next = field.isMapField()
                            ? field.getMessageType().findFieldByNumber(2).getMessageType()
                            : field.getMessageType();
                    collect(next, struct, lost, seen);
                }
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isRepeated()) {
                reach(field.getMessageType(), type, reached, lost, seen);
            }
        }
    }

    @Test
    void rubbishIsRefusedWithoutHarm() {
        byte[] good = frame(
                "apps/v1",
                "Deployment",
                V1Apps.Deployment.newBuilder()
                        .setMetadata(Meta.ObjectMeta.newBuilder().setName("d").putLabels("a", "b"))
                        .setSpec(V1Apps.DeploymentSpec.newBuilder()
                                .setTemplate(V1.PodTemplateSpec.newBuilder()
                                        .setSpec(V1.PodSpec.newBuilder()
                                                .addContainers(V1.Container.newBuilder()
                                                        .setName("c")))))
                        .build());
        assertThat(Tree.text(ProtobufCodec.decode(good), "metadata", "name")).isEqualTo("d");
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = good.clone();
            for (int j = 0; j <= i % 3; j++) {
                bad[4 + random.nextInt(bad.length - 4)] = (byte) random.nextInt(256);
            }
            try {
                ProtobufCodec.decode(bad);
            } catch (ApiError expected) {
                assertThat(expected.code()).isBetween(400, 499);
            }
        }
    }
}
