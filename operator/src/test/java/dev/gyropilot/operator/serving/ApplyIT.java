package dev.gyropilot.operator.serving;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator that has just started writes of what an earlier one has applied. */
class ApplyIT {
    private ApiServer api;
    private KubernetesClient client;

    /** Of an operator that must not ask: whatever it asks fails. */
    private KubernetesClient nowhere;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        api = ApiServer.start(ApiServerConfig.of(folder, 0));
        client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(api.adminKubeconfig()))
                .build();
        nowhere = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl("http://127.0.0.1:1")
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
    }

    @AfterEach
    void stop() {
        nowhere.close();
        client.close();
        api.close();
    }

    private static Service wish(int port) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withName("applied")
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .addToSelector("app", "applied")
                .addNewPort()
                .withPort(port)
                .endPort()
                .endSpec()
                .build();
    }

    private Optional<Service> live() {
        return Optional.ofNullable(
                client.services().inNamespace("default").withName("applied").get());
    }

    private void restarted(int port) {
        new Apply(nowhere).unlessSame(wish(port), live());
    }

    @Test
    void asksForNothingWhereAllIsAsItShallBe() {
        new Apply(client).unlessSame(wish(80), Optional.empty());
        assertThatCode(() -> restarted(80)).doesNotThrowAnyException();
    }

    @Test
    void appliesAnotherWish() {
        new Apply(client).unlessSame(wish(80), Optional.empty());
        assertThatThrownBy(() -> restarted(81)).isInstanceOf(KubernetesClientException.class);
    }

    @Test
    void takesBackWhatSomebodyHasChanged() {
        new Apply(client).unlessSame(wish(80), Optional.empty());
        client.services()
                .inNamespace("default")
                .withName("applied")
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.JSON_MERGE)
                                .withFieldManager("somebody")
                                .build(),
                        "{\"spec\":{\"selector\":{\"app\":\"other\"}}}");
        assertThatThrownBy(() -> restarted(80)).isInstanceOf(KubernetesClientException.class);
    }
}
