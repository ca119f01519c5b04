package dev.gyropilot.engines.onnx;

import ai.onnxruntime.OrtEnvironment;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import dev.gyropilot.engines.NativeLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/**
 * The one way to ONNX Runtime: silent and from a shared folder.
 *
 * <p>The library of release 1.29 reports its use to its maker over the network unless a variable of the environment
 * forbids it, and its code for that faults on a command line of some thousand characters, which a class path easily is.
 * The variable is therefore set in this very process before the library is loaded.
 */
final class OnnxRuntime {
    private static final String NAME = "onnxruntime-1.29.0";
    private static final String NATIVE_PATH = "onnxruntime.native.path";

    private OnnxRuntime() {}

    /** Has the library unpacked here rather than into a temporary folder of this process. Before the first use. */
    static void shareLibraries(Path cache) {
        // Elsewhere the binding unpacks its libraries itself.
        if (NativeLibraries.isLinuxX64() && System.getProperty(NATIVE_PATH) == null) {
            Path folder = NativeLibraries.unpack(
                    cache,
                    NAME,
                    List.of(
                            "/ai/onnxruntime/native/linux-x64/libonnxruntime.so",
                            "/ai/onnxruntime/native/linux-x64/libonnxruntime4j_jni.so"));
            System.setProperty(NATIVE_PATH, folder.toString());
        }
    }

    /** The environment of all sessions. */
    static OrtEnvironment environment() {
        forbidTelemetry();
        return OrtEnvironment.getEnvironment("gyropilot");
    }

    @SuppressWarnings("restricted") // A call of setenv: there is no other way into the own environment.
    private static void forbidTelemetry() {
        if (System.getenv("ORT_DISABLE_TELEMETRY") != null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        try (Arena arena = Arena.ofConfined()) {
            // int setenv(const char *name, const char *value, int overwrite)
            MemorySegment function = linker.defaultLookup()
                    .find("setenv")
                    .orElseThrow(() -> new EngineException(
                            Code.SYSTEM,
                            "Cannot forbid ONNX Runtime to report its use on this system; start the program with"
                                    + " ORT_DISABLE_TELEMETRY=1 in its environment."));
            MethodHandle setenv = linker.downcallHandle(
                    function,
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            int result =
                    (int) setenv.invokeExact(arena.allocateFrom("ORT_DISABLE_TELEMETRY"), arena.allocateFrom("1"), 1);
            if (result != 0) {
                throw new EngineException(Code.SYSTEM, "setenv(ORT_DISABLE_TELEMETRY) failed.");
            }
        } catch (EngineException e) {
            throw e;
        } catch (Throwable e) {
            throw new EngineException(Code.INTERNAL, "Cannot set ORT_DISABLE_TELEMETRY: " + e, e);
        }
    }
}
