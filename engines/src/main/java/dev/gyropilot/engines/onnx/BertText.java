package dev.gyropilot.engines.onnx;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Cleans text and cuts it into words as BERT's tokenizer does: control characters out, Chinese characters apart,
 * accents off, lower case, words at blanks and punctuation. Works on code points, never on halves of a pair.
 *
 * @param cleanText drop control characters and make every blank a space
 * @param chineseApart put spaces around Chinese characters
 * @param stripAccents decompose and drop combining marks
 * @param lowercase make letters small, each on its own without regard to its neighbours
 */
record BertText(boolean cleanText, boolean chineseApart, boolean stripAccents, boolean lowercase) {
    /** The words of a text, punctuation marks each as a word. */
    List<String> words(String text) {
        return split(normalize(text));
    }

    private String normalize(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            if (cleanText && (c == 0 || c == 0xFFFD || isControl(c))) {
                return;
            }
            if (cleanText && isBlank(c)) {
                out.append(' ');
            } else if (chineseApart && isChinese(c)) {
                out.append(' ').appendCodePoint(c).append(' ');
            } else {
                out.appendCodePoint(c);
            }
        });
        String result = out.toString();
        if (stripAccents) {
            result = withoutMarks(result);
        }
        return lowercase ? lower(result) : result;
    }

    private static String withoutMarks(String text) {
        String decomposed = Normalizer.normalize(text, Normalizer.Form.NFD);
        StringBuilder out = new StringBuilder(decomposed.length());
        decomposed
                .codePoints()
                .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
                .forEach(out::appendCodePoint);
        return out.toString();
    }

    /** Not String.toLowerCase, which looks at neighbours: a Greek sigma at the end of a word would become another. */
    private static String lower(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == 0x130) {
                // The one letter whose small form is two characters.
                out.append('i').append('\u0307');
            } else {
                out.appendCodePoint(Character.toLowerCase(c));
            }
        });
        return out.toString();
    }

    private static List<String> split(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            boolean blank = isBlank(c);
            if (!blank && !isPunctuation(c)) {
                word.appendCodePoint(c);
                continue;
            }
            if (!word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
            if (!blank) {
                words.add(Character.toString(c));
            }
        }
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }

    private static boolean isControl(int c) {
        if (c == '\t' || c == '\n' || c == '\r') {
            return false;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
            default -> false;
        };
    }

    /** Unicode's White_Space property. */
    private static boolean isBlank(int c) {
        return (c >= 0x9 && c <= 0xD) || c == 0x85 || Character.isSpaceChar(c);
    }

    private static boolean isPunctuation(int c) {
        if ((c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~')) {
            return true;
        }
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> false;
        };
    }

    /** The blocks that BERT calls Chinese: ideographs, not kana or hangul. */
    private static boolean isChinese(int c) {
        return (c >= 0x4E00 && c <= 0x9FFF)
                || (c >= 0x3400 && c <= 0x4DBF)
                || (c >= 0x20000 && c <= 0x2A6DF)
                || (c >= 0x2A700 && c <= 0x2B73F)
                || (c >= 0x2B740 && c <= 0x2B81F)
                || (c >= 0x2B920 && c <= 0x2CEAF)
                || (c >= 0xF900 && c <= 0xFAFF)
                || (c >= 0x2F800 && c <= 0x2FA1F);
    }
}
