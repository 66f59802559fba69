package dev.retort.papers.stepbystep;

import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.data.SeededRandom;
import dev.retort.model.LoadedModel;
import dev.retort.model.Seq2SeqLm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A method's training items: a question's label and rationale together, so that a step sees both. */
final class MethodItems {

    private MethodItems() {}

    /**
     * Encodes lessons as the method learns from them.
     *
     * @param seed of the shuffled control
     */
    static List<List<TokenExample>> of(
            Method method, List<Lesson> lessons, Method.Texts texts, long seed, LoadedModel student, int maxLength)
            throws IOException {
        int[] source = new int[lessons.size()];
        for (int i = 0; i < source.length; i++) {
            source[i] = i;
        }
        if (method == Method.STEP_BY_STEP_SHUFFLED) {
            SeededRandom.shuffle(source, SeededRandom.of(seed, "shuffled-rationales"));
        }
        ExampleEncoder encoder = new ExampleEncoder(
                student.requireTokenizer(), student.model() instanceof Seq2SeqLm, student.trainingEosId(), maxLength);
        List<List<TokenExample>> items = new ArrayList<>();
        for (int i = 0; i < source.length; i++) {
            String rationale = lessons.get(source[i]).rationaleOrBlank();
            items.add(encoder.encodeAll(method.examples(lessons.get(i), rationale, texts)));
        }
        return items;
    }
}
