package dev.gyropilot.cli;

import dev.gyropilot.engines.NativeLibraries;
import java.nio.file.Path;
import java.util.List;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/** SQLite's native library: unpacked once into the cache, where it would else go into the temporary folder at each start. */
final class SqliteLibrary {
    private SqliteLibrary() {}

    /** To be called before the first database is opened. */
    static void unpackOnce(Path cache) {
        String name = LibraryLoaderUtil.getNativeLibName();
        Path folder = NativeLibraries.unpack(
                cache,
                "sqlite-" + SQLiteJDBCLoader.getVersion(),
                List.of(LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name));
        System.setProperty("org.sqlite.lib.path", folder.toString());
        System.setProperty("org.sqlite.lib.name", name);
    }
}
