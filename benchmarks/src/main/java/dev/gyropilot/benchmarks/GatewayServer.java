package dev.gyropilot.benchmarks;

import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.gateway.Gateway;
import dev.gyropilot.gateway.GatewayConfig;
import dev.gyropilot.gateway.catalog.Catalog;
import dev.gyropilot.ledger.Ledger;
import dev.gyropilot.ledger.LedgerConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;

/**
 * The gateway as it is shipped, in a process of its own: keys, names, routing, metrics, and a ledger on disk. Arguments: port,
 * the back end's port, a directory for the ledger.
 */
final class GatewayServer {
    private GatewayServer() {}

    /** Serves until it is killed. */
    public static void main(String[] arguments) throws NoSuchAlgorithmException, InterruptedException {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest("sk-bench".getBytes(StandardCharsets.UTF_8));
        Catalog catalog = new Catalog(
                List.of(new Catalog.Service(
                        new Key("default", "m"),
                        List.of(),
                        List.of(),
                        0,
                        1,
                        false,
                        300,
                        null,
                        List.of(new Catalog.Replica("127.0.0.1", Integer.parseInt(arguments[1]), "m-1", "r1")))),
                List.of(new Catalog.ApiKey("bench", HexFormat.of().formatHex(hash), null)));
        try (Ledger ledger = Ledger.open(LedgerConfig.embedded(Path.of(arguments[2])), InstantSource.system());
                Gateway gateway = Gateway.start(
                        GatewayConfig.defaults().withPort(Integer.parseInt(arguments[0])),
                        catalog,
                        (service, idleSeconds, waiting) -> {},
                        ledger,
                        InstantSource.system())) {
            System.out.println(gateway.port());
            Thread.currentThread().join();
        }
    }
}
