package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/**
 * Stands before each request of a role to the API: counts it, and lets no write pass while the role may not act. That holds
 * also for a process that was frozen while another took over, and for its writes that were already on their way to here.
 */
final class ApiTraffic implements Interceptor {
    static final String NAME = "gyropilot-traffic";
    /** Renewing a lease is how a role comes to act. */
    private static final String LEASES = "/apis/coordination.k8s.io/";

    private final ConcurrentMap<String, LongAdder> requests;
    private volatile BooleanSupplier mayAct;

    ApiTraffic() {
        this(new ConcurrentSkipListMap<>(), () -> true);
    }

    private ApiTraffic(ConcurrentMap<String, LongAdder> requests, BooleanSupplier mayAct) {
        this.requests = requests;
        this.mayAct = mayAct;
    }

    /** The traffic of one term of leadership: counted here too, and without writes until it is told when they may pass. */
    ApiTraffic ofTerm() {
        return new ApiTraffic(requests, () -> false);
    }

    /** A role that acts only while this says so. */
    void onlyWhile(BooleanSupplier condition) {
        mayAct = condition;
    }

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        String method = request.method();
        String path = request.uri().getPath();
        String query = request.uri().getQuery();
        boolean reads = method.equals("GET");
        boolean watch = reads && query != null && query.contains("watch=true");
        requests.computeIfAbsent(watch ? "WATCH" : method, m -> new LongAdder()).increment();
        if (!reads && !path.startsWith(LEASES) && !mayAct.getAsBoolean()) {
            throw new IllegalStateException(method + " " + path + " was held back: this process does not lead");
        }
    }

    /** Requests so far, by method; a watch counts by itself. */
    Map<String, LongAdder> requests() {
        return requests;
    }
}
