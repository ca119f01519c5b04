package dev.gyropilot.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.auth.Attributes;
import dev.gyropilot.apiserver.auth.FakeObjects;
import dev.gyropilot.apiserver.auth.RbacAuthorizer;
import dev.gyropilot.apiserver.auth.User;
import dev.gyropilot.apiserver.builtin.BuiltinTypes;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AdmissionChainTest {
    private static final User ADMIN = new User("admin", "", List.of("system:masters"), Map.of());
    private static final User NODE = new User("system:node:n1", "", List.of("system:nodes"), Map.of());
    private static final User ANN = new User("ann", "", List.of("system:authenticated"), Map.of());

    private final FakeObjects objects = new FakeObjects()
            .add("", "namespaces", "{'metadata':{'name':'ns'},'status':{'phase':'Active'}}")
            .add("", "namespaces", "{'metadata':{'name':'old'},'status':{'phase':'Terminating'}}")
            .add("", "serviceaccounts", "{'metadata':{'name':'default','namespace':'ns'}}")
            .add("scheduling.k8s.io", "priorityclasses", "{'metadata':{'name':'high'},'value':1000}");
    private final AdmissionChain chain = AdmissionChain.standard(objects, new RbacAuthorizer(objects));

    private static ObjectNode json(String text) {
        try {
            return (ObjectNode) new ObjectMapper().readTree(text.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static Admission.Request request(
            User user,
            String operation,
            String plural,
            String ns,
            String name,
            @Nullable ObjectNode object,
            @Nullable ObjectNode before) {
        String[] parts = plural.split("/");
        ResourceType type = BuiltinTypes.all().stream()
                .filter(known -> known.plural().equals(parts[0]))
                .findFirst()
                .orElseThrow();
        Attributes asked = new Attributes(
                user,
                operation.equals("CREATE") ? "create" : "update",
                type.group(),
                type.version(),
                parts[0],
                parts.length > 1 ? parts[1] : "",
                ns,
                name,
                "");
        return new Admission.Request(operation, asked, type, object, before, false);
    }

    private void create(User user, String plural, String ns, ObjectNode object) {
        chain.admit(request(user, "CREATE", plural, ns, Tree.text(object, "metadata", "name"), object, null));
    }

    private static ObjectNode pod() {
        return json("{'metadata':{'name':'p','namespace':'ns'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    }

    @Test
    void nothingIsCreatedInAnAbsentOrEndingNamespace() {
        assertThatThrownBy(() -> create(ADMIN, "configmaps", "nowhere", json("{'metadata':{'name':'a'}}")))
                .hasMessage("namespaces \"nowhere\" not found");
        assertThatThrownBy(() -> create(ADMIN, "configmaps", "old", json("{'metadata':{'name':'a'}}")))
                .hasMessage("configmaps \"a\" is forbidden: unable to create new content in namespace old because it is"
                        + " being terminated")
                .extracting(error -> String.valueOf(((ApiError) error).details()))
                .asString()
                .contains("NamespaceTerminating");
        assertThatThrownBy(() -> chain.admit(request(ADMIN, "DELETE", "namespaces", "", "kube-system", null, null)))
                .hasMessage("namespaces \"kube-system\" is forbidden: this namespace may not be deleted");
    }

    @Test
    void aPodGetsItsAccountTokenPriorityAndTolerations() {
        ObjectNode pod = pod();
        create(ADMIN, "pods", "ns", pod);
        assertThat(Tree.text(pod, "spec", "serviceAccountName")).isEqualTo("default");
        ObjectNode volume = Tree.objects(pod, "spec", "volumes").getFirst();
        assertThat(Tree.text(volume, "name")).startsWith("kube-api-access-");
        assertThat(Tree.objects(volume, "projected", "sources")).hasSize(3);
        assertThat(Tree.text(
                        Tree.objects(Tree.objects(pod, "spec", "containers").getFirst(), "volumeMounts")
                                .getFirst(),
                        "mountPath"))
                .isEqualTo("/var/run/secrets/kubernetes.io/serviceaccount");
        assertThat(Tree.number(-1, pod, "spec", "priority")).isZero();
        assertThat(Tree.objects(pod, "spec", "tolerations")).hasSize(2);
    }

    @Test
    void aPodMayDoWithoutTokenAndNameItsPriority() {
        ObjectNode pod = pod();
        Tree.child(pod, "spec").put("automountServiceAccountToken", false).put("priorityClassName", "high");
        create(ADMIN, "pods", "ns", pod);
        assertThat(Tree.objects(pod, "spec", "volumes")).isEmpty();
        assertThat(Tree.number(-1, pod, "spec", "priority")).isEqualTo(1000);
        ObjectNode unknown = pod();
        Tree.child(unknown, "spec").put("priorityClassName", "none");
        assertThatThrownBy(() -> create(ADMIN, "pods", "ns", unknown))
                .hasMessage("pods \"p\" is forbidden: no PriorityClass with name none was found");
        ObjectNode stranger = pod();
        Tree.child(stranger, "spec").put("serviceAccountName", "sa");
        assertThatThrownBy(() -> create(ADMIN, "pods", "ns", stranger))
                .hasMessage(
                        "pods \"p\" is forbidden: error looking up service account ns/sa: serviceaccount \"sa\" not found");
    }

    @Test
    void servicesGetAddressesOfTheirOwn() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            ObjectNode service =
                    json("{'metadata':{'name':'s" + i + "'},'spec':{'type':'NodePort','ports':[{'port':80}]}}");
            create(ADMIN, "services", "ns", service);
            assertThat(seen.add(Tree.text(service, "spec", "clusterIP"))).isTrue();
            assertThat(seen.add(Tree.at(service, "spec", "ports")
                            .path(0)
                            .path("nodePort")
                            .asText()))
                    .isTrue();
            assertThat(Tree.text(service, "spec", "clusterIP")).startsWith("10.96.");
        }
        objects.add("", "services", "{'metadata':{'name':'a','namespace':'ns'},'spec':{'clusterIP':'10.96.7.7'}}");
        ObjectNode same = json("{'metadata':{'name':'b'},'spec':{'type':'ClusterIP','clusterIP':'10.96.7.7'}}");
        assertThatThrownBy(() -> create(ADMIN, "services", "ns", same)).hasMessageContaining("already allocated");
        ObjectNode headless =
                json("{'metadata':{'name':'h'},'spec':{'type':'ClusterIP','clusterIP':'None','selector':{'a':'b'}}}");
        create(ADMIN, "services", "ns", headless);
        assertThat(Tree.text(headless, "spec", "clusterIP")).isEqualTo("None");
    }

    @Test
    void aNodeWritesOnlyItself() {
        ObjectNode own = json("{'metadata':{'name':'n1','labels':{'a':'b'}},'spec':{}}");
        assertThatCode(() -> create(NODE, "nodes", "", own.deepCopy())).doesNotThrowAnyException();
        assertThatThrownBy(() -> create(NODE, "nodes", "", json("{'metadata':{'name':'n2'}}")))
                .hasMessageContaining("node \"n1\" is not allowed to modify node \"n2\"");
        ObjectNode labelled = own.deepCopy();
        Tree.child(labelled, "metadata", "labels").put("node-restriction.kubernetes.io/secure", "yes");
        assertThatThrownBy(() -> chain.admit(request(NODE, "UPDATE", "nodes", "", "n1", labelled, own)))
                .hasMessageContaining("node-restriction.kubernetes.io/secure");
        ObjectNode tainted = json("{'metadata':{'name':'n1','labels':{'a':'b'}},'spec':{'taints':[{'key':'k'}]}}");
        assertThatThrownBy(() -> chain.admit(request(NODE, "UPDATE", "nodes", "", "n1", tainted, own)))
                .hasMessageContaining("taints");
    }

    @Test
    void cve20255187NodeOwner() {
        ObjectNode own = json("{'metadata':{'name':'n1'},'spec':{}}");
        ObjectNode owned =
                json("{'metadata':{'name':'n1','ownerReferences':[{'kind':'ConfigMap','name':'x'}]},'spec':{}}");
        for (String plural : List.of("nodes", "nodes/status")) {
            assertThatThrownBy(() -> chain.admit(request(NODE, "UPDATE", plural, "", "n1", owned, own)))
                    .hasMessageContaining("ownerReferences");
        }
    }

    @Test
    void cve20254563NodeClaims() {
        ObjectNode mirror = json("""
                {'metadata':{'name':'m','annotations':{'kubernetes.io/config.mirror':'x'}},
                 'spec':{'nodeName':'n1','containers':[{'name':'c','image':'i'}]}}""");
        assertThatCode(() -> create(NODE, "pods", "ns", mirror.deepCopy())).doesNotThrowAnyException();
        ObjectNode claiming = mirror.deepCopy();
        Tree.list(Tree.child(claiming, "spec"), "resourceClaims").addObject().put("name", "gpu");
        assertThatThrownBy(() -> create(NODE, "pods", "ns", claiming)).hasMessageContaining("resourceclaims");
        ObjectNode secret = mirror.deepCopy();
        Tree.list(Tree.child(secret, "spec"), "volumes")
                .addObject()
                .putObject("secret")
                .put("secretName", "s");
        assertThatThrownBy(() -> create(NODE, "pods", "ns", secret)).hasMessageContaining("secrets");
        assertThatThrownBy(() -> create(NODE, "pods", "ns", pod())).hasMessageContaining("mirror");
    }

    @Test
    void rightsAreNotGivenAwayByThoseWithoutThem() {
        ObjectNode role =
                json("{'metadata':{'name':'r'},'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['secrets']}]}");
        assertThatThrownBy(() -> create(ANN, "roles", "ns", role))
                .hasMessageContaining(
                        "user \"ann\" (groups=[system:authenticated]) is attempting to grant RBAC permissions"
                                + " not currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}");
        assertThatCode(() -> create(ADMIN, "roles", "ns", role)).doesNotThrowAnyException();
    }

    @Test
    void aQuotaAndALimitRangeHold() {
        objects.add(
                "",
                "resourcequotas",
                "{'metadata':{'name':'q','namespace':'ns'},'spec':{'hard':{'pods':'1','requests.cpu':'1'}}}");
        ObjectNode first = pod();
        create(ADMIN, "pods", "ns", first);
        objects.add("", "pods", first);
        ObjectNode second = pod();
        Tree.child(second, "metadata").put("name", "p2");
        assertThatThrownBy(() -> create(ADMIN, "pods", "ns", second))
                .hasMessage(
                        "pods \"p2\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1");
        objects.add(
                "",
                "limitranges",
                "{'metadata':{'name':'l','namespace':'ns'},'spec':{'limits':[{'type':'Container','max':{'cpu':'1'}}]}}");
        ObjectNode greedy = pod();
        Tree.child(Tree.objects(greedy, "spec", "containers").getFirst(), "resources", "limits")
                .put("cpu", "2");
        assertThatThrownBy(() -> create(ADMIN, "pods", "ns", greedy))
                .hasMessageContaining("maximum cpu usage per Container is 1, but limit is 2");
    }
}
