package dev.gyropilot.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Makes commands, handing those that ask for it the terminal and the data directory. */
final class CommandFactory implements IFactory {
    private final Terminal terminal;
    private final Home home;
    private final IFactory others = CommandLine.defaultFactory();

    CommandFactory(Terminal terminal, Home home) {
        this.terminal = terminal;
        this.home = home;
    }

    @Override
    public <K> K create(Class<K> type) throws Exception {
        try {
            Constructor<K> constructor = type.getDeclaredConstructor(Terminal.class, Home.class);
            constructor.setAccessible(true);
            return constructor.newInstance(terminal, home);
        } catch (NoSuchMethodException e) {
            return others.create(type);
        }
    }
}
