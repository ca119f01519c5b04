package dev.gyropilot.install.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A tar archive in the format of POSIX.1-1988 (ustar), of POSIX.1-2001 (pax) where a name is too long for that. */
final class TarWriter {
    private static final int BLOCK = 512;
    private static final int NAME_LIMIT = 100;
    private static final int MODE_AT = 100;
    private static final int OWNER_AT = 108;
    private static final int GROUP_AT = 116;
    private static final int SIZE_AT = 124;
    private static final int TIME_AT = 136;
    private static final int CHECKSUM_AT = 148;
    private static final int TYPE_AT = 156;
    private static final int LINK_AT = 157;
    private static final int MAGIC_AT = 257;

    private final OutputStream out;

    TarWriter(OutputStream out) {
        this.out = out;
    }

    void file(String name, int mode, long bytes, InputStream content) throws IOException {
        header(name, "", mode, bytes, '0');
        long copied = content.transferTo(out);
        if (copied != bytes) {
            throw new IOException(name + " changed while it was archived");
        }
        pad(bytes);
    }

    void folder(String name, int mode) throws IOException {
        header(name + "/", "", mode, 0, '5');
    }

    void link(String name, String target) throws IOException {
        header(name, target, 0_777, 0, '2');
    }

    void end() throws IOException {
        out.write(new byte[2 * BLOCK]);
    }

    private void header(String name, String link, int mode, long bytes, char type) throws IOException {
        if (name.getBytes(StandardCharsets.UTF_8).length > NAME_LIMIT) {
            extended("path", name);
        }
        if (link.getBytes(StandardCharsets.UTF_8).length > NAME_LIMIT) {
            extended("linkpath", link);
        }
        byte[] block = new byte[BLOCK];
        text(block, 0, name, NAME_LIMIT);
        octal(block, MODE_AT, 8, mode);
        octal(block, OWNER_AT, 8, 0);
        octal(block, GROUP_AT, 8, 0);
        octal(block, SIZE_AT, 12, bytes);
        octal(block, TIME_AT, 12, 0);
        Arrays.fill(block, CHECKSUM_AT, CHECKSUM_AT + 8, (byte) ' ');
        block[TYPE_AT] = (byte) type;
        text(block, LINK_AT, link, NAME_LIMIT);
        text(block, MAGIC_AT, "ustar\00000", 8);
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        octal(block, CHECKSUM_AT, 7, sum);
        out.write(block);
    }

    private void extended(String key, String value) throws IOException {
        byte[] rest = (" " + key + "=" + value + "\n").getBytes(StandardCharsets.UTF_8);
        int length = rest.length + 1;
        while (Integer.toString(length).length() + rest.length > length) {
            length++;
        }
        byte[] record = (length + " " + key + "=" + value + "\n").getBytes(StandardCharsets.UTF_8);
        header("pax", "", 0_644, record.length, 'x');
        out.write(record);
        pad(record.length);
    }

    private void pad(long bytes) throws IOException {
        out.write(new byte[(int) ((BLOCK - bytes % BLOCK) % BLOCK)]);
    }

    private static void text(byte[] block, int at, String text, int limit) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, block, at, Math.min(bytes.length, limit));
    }

    private static void octal(byte[] block, int at, int width, long value) {
        String digits = Long.toOctalString(value);
        text(block, at, "0".repeat(width - 1 - digits.length()) + digits, width - 1);
    }
}
