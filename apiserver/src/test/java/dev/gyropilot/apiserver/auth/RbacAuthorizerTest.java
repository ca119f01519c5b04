package dev.gyropilot.apiserver.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RbacAuthorizerTest {
    private static final String RBAC = "rbac.authorization.k8s.io";

    private final FakeObjects objects = new FakeObjects();
    private final RbacAuthorizer authorizer = new RbacAuthorizer(objects);

    RbacAuthorizerTest() {
        Map<String, String> plurals = Map.of(
                "ClusterRole",
                "clusterroles",
                "ClusterRoleBinding",
                "clusterrolebindings",
                "Role",
                "roles",
                "RoleBinding",
                "rolebindings");
        for (ObjectNode object : BootstrapObjects.all()) {
            String plural = plurals.get(Tree.text(object, "kind"));
            if (plural != null) {
                objects.add(RBAC, plural, object);
            }
        }
        objects.add(RBAC, "rolebindings", """
                {'metadata':{'name':'b','namespace':'ns'},'roleRef':{'kind':'ClusterRole','name':'edit'},
                 'subjects':[{'kind':'User','name':'ann'},{'kind':'ServiceAccount','name':'sa','namespace':'other'}]}""");
        objects.add(RBAC, "roles", """
                {'metadata':{'name':'r','namespace':'ns'},'rules':[
                 {'verbs':['get'],'apiGroups':[''],'resources':['secrets'],'resourceNames':['one']},
                 {'verbs':['get'],'apiGroups':[''],'resources':['*/log']}]}""");
        objects.add(RBAC, "rolebindings", """
                {'metadata':{'name':'b2','namespace':'ns'},'roleRef':{'kind':'Role','name':'r'},
                 'subjects':[{'kind':'Group','name':'team'}]}""");
    }

    private static User user(String name) {
        return switch (name) {
            case "bob" -> new User("bob", "", List.of("team", "system:authenticated"), Map.of());
            case "root" -> new User("root", "", List.of("system:masters"), Map.of());
            case "anonymous" -> User.ANONYMOUS;
            default -> new User(name, "", List.of("system:authenticated"), Map.of());
        };
    }

    @ParameterizedTest
    @CsvSource({
        "root, delete, '', nodes, '', '', n, true",
        "ann, create, apps, deployments, '', ns, '', true",
        "ann, create, apps, deployments, '', other, '', false",
        "ann, list, '', pods, '', '', '', false",
        "ann, create, rbac.authorization.k8s.io, roles, '', ns, '', false",
        "ann, get, '', pods, log, ns, p, true",
        "system:serviceaccount:other:sa, get, '', pods, '', ns, p, true",
        "system:serviceaccount:ns:sa, get, '', pods, '', ns, p, false",
        "bob, get, '', secrets, '', ns, one, true",
        "bob, get, '', secrets, '', ns, two, false",
        "bob, list, '', secrets, '', ns, '', false",
        "bob, get, '', pods, log, ns, p, true",
        "bob, get, '', pods, exec, ns, p, false",
        "bob, create, authorization.k8s.io, selfsubjectaccessreviews, '', '', '', true",
        "anonymous, list, '', pods, '', ns, '', false",
        "anonymous, create, authorization.k8s.io, selfsubjectaccessreviews, '', '', '', false",
    })
    void decidesByRolesAndBindings(
            String user,
            String verb,
            String group,
            String resource,
            String sub,
            String ns,
            String name,
            boolean allowed) {
        Attributes asked = new Attributes(user(user), verb, group, "v1", resource, sub, ns, name, "");
        assertThat(authorizer.authorize(asked).allowed()).isEqualTo(allowed);
    }

    @ParameterizedTest
    @CsvSource({
        "anonymous, /healthz, true",
        "anonymous, /version, true",
        "anonymous, /livez, true",
        "anonymous, /readyz, true",
        "anonymous, /metrics, false",
        "anonymous, /apis, false",
        "anonymous, /openapi/v3, false",
        "bob, /apis/apps/v1, true",
        "bob, /openapi/v3, true",
        "bob, /metrics, false"
    })
    void anonymousUsersSeeHealthAndVersionOnly(String user, String path, boolean allowed) {
        Attributes asked = new Attributes(user(user), "get", "", "", "", "", "", "", path);
        assertThat(authorizer.authorize(asked).allowed()).isEqualTo(allowed);
    }

    @Test
    void aRefusalSaysWhoWhatAndWhere() {
        Attributes asked = new Attributes(user("eve"), "list", "", "v1", "pods", "", "ns", "", "");
        assertThat(authorizer.authorize(asked).reason())
                .isEqualTo("User \"eve\" cannot list resource \"pods\" in API group \"\" in the namespace \"ns\"");
        Attributes cluster = new Attributes(user("eve"), "get", "", "v1", "nodes", "status", "", "n", "");
        assertThat(authorizer.authorize(cluster).reason())
                .isEqualTo("User \"eve\" cannot get resource \"nodes/status\" in API group \"\" at the cluster scope");
    }

    @Test
    void aggregatedRolesAreFilledAtTheStart() {
        assertThat(BootstrapObjects.all())
                .filteredOn(object -> List.of("admin", "edit", "view").contains(Tree.text(object, "metadata", "name"))
                        && Tree.text(object, "kind").equals("ClusterRole"))
                .hasSize(3)
                .allSatisfy(role -> assertThat(role.path("rules").size()).isPositive());
        assertThat(Tree.text(BootstrapObjects.all().getFirst(), "kind")).isEqualTo("Namespace");
    }

    @Test
    void nobodyGivesAwayWhatHeDoesNotHold() {
        ObjectNode pods = Tree.object();
        pods.putArray("verbs").add("get").add("list");
        pods.putArray("apiGroups").add("");
        pods.putArray("resources").add("pods");
        ObjectNode nodes = pods.deepCopy();
        nodes.putArray("resources").add("nodes");
        assertThat(authorizer.escalations(user("ann"), "ns", List.of(pods))).isEmpty();
        assertThat(authorizer.escalations(user("ann"), "ns", List.of(pods, nodes)))
                .containsExactly(
                        "{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}",
                        "{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"list\"]}");
        assertThat(authorizer.escalations(user("root"), "", List.of(nodes))).isEmpty();
    }

    @ParameterizedTest(name = "cve-2024-3177-secret-refs: {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "volumes:[{'secret':{'secretName':'s'}}]",
                "volumes:[{'projected':{'sources':[{'secret':{'name':'s'}}]}}]",
                "volumes:[{'azureFile':{'secretName':'s'}}]",
                "volumes:[{'csi':{'nodePublishSecretRef':{'name':'s'}}}]",
                "volumes:[{'iscsi':{'secretRef':{'name':'s'}}}]",
                "imagePullSecrets:[{'name':'s'}]",
                "containers:[{'env':[{'valueFrom':{'secretKeyRef':{'name':'s'}}}]}]",
                "containers:[{'envFrom':[{'secretRef':{'name':'s'}}]}]",
                "initContainers:[{'envFrom':[{'secretRef':{'name':'s'}}]}]",
                "initContainers:[{'env':[{'valueFrom':{'secretKeyRef':{'name':'s'}}}]}]",
                "ephemeralContainers:[{'envFrom':[{'secretRef':{'name':'s'}}]}]",
                "ephemeralContainers:[{'env':[{'valueFrom':{'secretKeyRef':{'name':'s'}}}]}]",
            })
    void aNodeReadsASecretThatItsPodNamesInAnyWay(String field) {
        User node = new User("system:node:n1", "", List.of("system:nodes", "system:authenticated"), Map.of());
        User other = new User("system:node:n2", "", List.of("system:nodes", "system:authenticated"), Map.of());
        String spec = "'" + field.replaceFirst(":", "':");
        objects.add("", "pods", "{'metadata':{'name':'p','namespace':'ns'},'spec':{'nodeName':'n1'," + spec + "}}");
        assertThat(authorizer.authorize(secret(node, "s")).allowed()).isTrue();
        assertThat(authorizer.authorize(secret(node, "t")).allowed()).isFalse();
        assertThat(authorizer.authorize(secret(node, "")).allowed()).isFalse();
        assertThat(authorizer.authorize(secret(other, "s")).allowed()).isFalse();
    }

    private static Attributes secret(User user, String name) {
        return new Attributes(user, name.isEmpty() ? "list" : "get", "", "v1", "secrets", "", "ns", name, "");
    }
}
