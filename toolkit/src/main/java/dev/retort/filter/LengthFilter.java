package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.List;

/** Rejects samples with too few or too many words between blanks, as {@code too-short} or {@code too-long}. */
public final class LengthFilter implements SampleFilter {

    /** The reason for too few words. */
    public static final String TOO_SHORT = "too-short";

    /** The reason for too many words. */
    public static final String TOO_LONG = "too-long";

    private final int leastWords;
    private final int mostWords;

    /**
     * A filter by the words of the text, bounds included.
     *
     * @param leastWords at least 0
     * @param mostWords at least leastWords
     */
    public LengthFilter(int leastWords, int mostWords) {
        check(leastWords, mostWords);
        this.leastWords = leastWords;
        this.mostWords = mostWords;
    }

    static void check(int leastWords, int mostWords) {
        if (leastWords < 0 || mostWords < leastWords) {
            throw new IllegalArgumentException(
                    "a length filter needs 0 <= least <= most words, not " + leastWords + " and " + mostWords);
        }
    }

    @Override
    public List<Verdict> judge(Question question, List<TeacherSample> samples) {
        return samples.stream().map(this::verdict).toList();
    }

    private Verdict verdict(TeacherSample sample) {
        String text = sample.text().strip();
        int words = text.isEmpty() ? 0 : text.split("\\s+").length;
        if (words < leastWords) {
            return Verdict.rejected(TOO_SHORT);
        }
        return Verdict.keptIf(words <= mostWords, TOO_LONG);
    }
}
