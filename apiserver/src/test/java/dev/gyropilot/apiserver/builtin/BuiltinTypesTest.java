package dev.gyropilot.apiserver.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BuiltinTypesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static ResourceType type(String plural) {
        return BuiltinTypes.all().stream()
                .filter(type -> type.plural().equals(plural) && !type.group().equals("events.k8s.io"))
                .findFirst()
                .orElseThrow();
    }

    private static ObjectNode json(String text) throws Exception {
        return (ObjectNode) MAPPER.readTree(text.replace('\'', '"'));
    }

    @Test
    void servesWhatDiscoveryLists() {
        assertThat(BuiltinTypes.all()).hasSizeGreaterThan(55).allSatisfy(type -> {
            assertThat(type.kind()).isNotEmpty();
            assertThat(type.schema().properties()).isNotEmpty();
        });
        ResourceType pods = type("pods");
        assertThat(pods.shortNames()).containsExactly("po");
        assertThat(pods.subresources())
                .containsKeys("status", "log", "exec", "binding", "eviction")
                .doesNotContainKey("proxy");
        assertThat(pods.subresources().get("eviction")).hasFieldOrPropertyWithValue("group", "policy");
        assertThat(pods.columns().getFirst().name()).isEqualTo("Name");
        assertThat(type("deployments").subresources().get("scale")).hasFieldOrPropertyWithValue("kind", "Scale");
        assertThat(type("workloads").version()).isEqualTo("v1alpha2");
    }

    @Test
    void aDeploymentGetsTheDefaultsThatTheRealServerGives() throws Exception {
        ObjectNode deployment = json("""
                {'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web','creationTimestamp':null},
                 'spec':{'selector':{'matchLabels':{'app':'web'}},'minReadySeconds':0,
                 'template':{'metadata':{'labels':{'app':'web'},'creationTimestamp':null},
                  'spec':{'containers':[{'name':'c','image':'nginx','env':[],'ports':[{'containerPort':80}],
                   'resources':{'requests':{'cpu':'0.5','memory':'1024Mi'}},
                   'readinessProbe':{'httpGet':{'port':80}}}],'volumes':[{'name':'v'}]}}},'status':{}}
                """);
        type("deployments").strategy().defaults(deployment);
        assertThat(deployment).isEqualTo(json("""
                {'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web'},
                 'spec':{'selector':{'matchLabels':{'app':'web'}},'replicas':1,'revisionHistoryLimit':10,
                 'progressDeadlineSeconds':600,
                 'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxUnavailable':'25%','maxSurge':'25%'}},
                 'template':{'metadata':{'labels':{'app':'web'}},
                  'spec':{'containers':[{'name':'c','image':'nginx','ports':[{'containerPort':80,'protocol':'TCP'}],
                   'imagePullPolicy':'Always','terminationMessagePath':'/dev/termination-log',
                   'terminationMessagePolicy':'File',
                   'resources':{'requests':{'cpu':'500m','memory':'1Gi'}},
                   'readinessProbe':{'httpGet':{'port':80,'path':'/','scheme':'HTTP'},'timeoutSeconds':1,
                    'periodSeconds':10,'successThreshold':1,'failureThreshold':3}}],
                   'volumes':[{'name':'v','emptyDir':{}}],'dnsPolicy':'ClusterFirst','restartPolicy':'Always',
                   'schedulerName':'default-scheduler','securityContext':{},'terminationGracePeriodSeconds':30}}},
                 'status':{}}
                """));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1", "1000, 1k", "0.1, 100m", "1024Mi, 1Gi", "1000Mi, 1000Mi", "1.5Gi, 1536Mi", "1e3, 1e3", "1500m, 1500m",
        "0, 0", "100, 100", "0.0001, 100u", "5E6, 5e6", "-1, -1", "512Ki, 512Ki", "128974848, 128974848", "1Ei, 1Ei"
    })
    void quantitiesBecomeCanonical(String given, String wanted) {
        assertThat(Quantities.canonical(given)).hasValue(wanted);
    }

    @Test
    void aWrongJsonTypeNamesTheFieldAndTheValue() throws Exception {
        ObjectNode pod = json("{'spec':{'containers':[{'name':3}]}}");
        assertThatThrownBy(() -> type("pods").strategy().defaults(pod))
                .isInstanceOf(ApiError.class)
                .hasMessageContaining("spec.containers[0].name: got 3, want a string");
    }

    @Test
    void aJobSelectsItsPodsByItsUid() throws Exception {
        ObjectNode job = json("""
                {'metadata':{'name':'j','uid':'u-1'},'spec':{'template':{'spec':{'restartPolicy':'Never',
                 'containers':[{'name':'c','image':'i'}]}}}}""");
        var strategy = type("jobs").strategy();
        strategy.defaults(job);
        strategy.prepareForCreate(job);
        assertThat(Tree.map(job, "spec", "selector", "matchLabels"))
                .isEqualTo(Map.of("batch.kubernetes.io/controller-uid", "u-1"));
        assertThat(Tree.map(job, "spec", "template", "metadata", "labels"))
                .containsEntry("job-name", "j")
                .containsEntry("controller-uid", "u-1");
        assertThat(strategy.validateCreate(job)).isEmpty();
    }

    @Test
    void warnsOfWhatARealClusterMayRefuse() throws Exception {
        ObjectNode pod = json("""
                {'spec':{'hostNetwork':true,'volumes':[{'name':'h','hostPath':{'path':'/'}}],'containers':[{'name':'c',
                 'securityContext':{'privileged':true,'capabilities':{'add':['NET_ADMIN','CHOWN']}}}]}}""");
        assertThat(type("pods").strategy().warnings(pod))
                .containsExactly(
                        "would violate PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true), hostPath"
                                + " volumes (volume \"h\"), privileged (container \"c\" must not set"
                                + " securityContext.privileged=true), non-default capabilities (container \"c\" must not include"
                                + " \"NET_ADMIN\" in securityContext.capabilities.add)");
        ObjectNode plain = json("{'spec':{'containers':[{'name':'c'}]}}");
        assertThat(type("pods").strategy().warnings(plain)).isEmpty();
    }

    static Stream<ResourceType> kinds() {
        return BuiltinTypes.all().stream();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void noKindFailsOnAnEmptyObject(ResourceType type) {
        ObjectNode object = Tree.object();
        Tree.child(object, "metadata").put("name", "n");
        type.strategy().defaults(object);
        type.strategy().prepareForCreate(object);
        type.strategy().validateCreate(object);
        ObjectNode again = object.deepCopy();
        type.strategy().prepareForUpdate(object, again, "");
        type.strategy().defaults(again);
        assertThat(again).isEqualTo(object);
        assertThat(type.strategy().selectableFields(object).keySet())
                .isEqualTo(type.strategy().selectableFieldNames());
        assertThat(List.of(type.strategy().resetFields(""))).isNotEmpty();
    }
}
