package dev.retort.notebook;

import ai.djl.ndarray.NDArray;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.loss.CrossEntropy;
import dev.retort.loss.LossParts;
import dev.retort.model.LanguageModel;
import dev.retort.model.LoadedModel;
import dev.retort.train.SupervisedStep;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Where a decoder-only student's loss comes from: token by token, answer by answer, and micro-batch by micro-batch. */
public final class Losses {

    private Losses() {}

    /** The cross-entropy of every labelled token, in nats. */
    static float[] ofTokens(LoadedModel student, TokenExample example) {
        LanguageModel model = student.model();
        try (TokenBatch batch =
                new TokenBatch(List.of(example), false, model.weights().manager())) {
            return CrossEntropy.losses(model.labelHidden(batch), model.head(), batch.labelIds());
        }
    }

    /** What the student reads, what it should say next, and what that costs it. */
    public static Table tokens(LoadedModel student, TokenExample example) throws IOException {
        Tokenizer tokenizer = student.requireTokenizer();
        float[] losses = ofTokens(student, example);
        StringColumn read = StringColumn.create("the last token read");
        StringColumn next = StringColumn.create("the token to come");
        StringColumn probability = StringColumn.create("the student's probability of it");
        StringColumn loss = StringColumn.create("loss, nats");
        int[] positions = labelled(example);
        for (int i = 0; i < positions.length; i++) {
            read.append(tokenizer.decodeToken(example.input()[positions[i] - 1]));
            next.append(tokenizer.decodeToken(example.labels()[positions[i]]));
            probability.append(String.format(Locale.ROOT, "%.3f", Math.exp(-losses[i])));
            loss.append(text(losses[i]));
        }
        return Table.create("", read, next, probability, loss);
    }

    private static int[] labelled(TokenExample example) {
        return IntStream.range(1, example.length())
                .filter(t -> example.labels()[t] != TokenExample.IGNORED)
                .toArray();
    }

    /** The answer, coloured by what each token costs; a token that was guessed among all of them has the strongest colour. */
    public static TokenHeat heat(LoadedModel student, TokenExample example) throws IOException {
        Tokenizer tokenizer = student.requireTokenizer();
        List<String> tokens = IntStream.of(labelled(example))
                .mapToObj(t -> tokenizer.decodeToken(example.labels()[t]))
                .toList();
        return new TokenHeat(tokens, ofTokens(student, example), Math.log(tokenizer.vocabularySize()));
    }

    /** What answers of different lengths weigh in a mean of their means, and in the sum over the count. */
    public static Table weights(LoadedModel student, List<TokenExample> answers) {
        StringColumn name = StringColumn.create("answer");
        StringColumn tokens = StringColumn.create("tokens");
        StringColumn sum = StringColumn.create("its loss: sum");
        StringColumn mean = StringColumn.create("mean");
        StringColumn ofMeans = StringColumn.create("mean of means: its part");
        StringColumn ofMeansToken = StringColumn.create("mean of means: one token weighs");
        StringColumn ofSums = StringColumn.create("sum over count: its part");
        StringColumn ofSumsToken = StringColumn.create("sum over count: one token weighs");
        long count =
                answers.stream().mapToLong(answer -> labelled(answer).length).sum();
        double allMeans = 0;
        double allSums = 0;
        for (TokenExample answer : answers) {
            float[] losses = ofTokens(student, answer);
            double loss = IntStream.range(0, losses.length)
                    .mapToDouble(i -> losses[i])
                    .sum();
            allMeans += loss / losses.length / answers.size();
            allSums += loss;
            name.append(answer.id());
            tokens.append(Integer.toString(losses.length));
            sum.append(text(loss));
            mean.append(text(loss / losses.length));
            ofMeans.append(text(loss / losses.length / answers.size()));
            ofMeansToken.append(percent(1.0 / losses.length / answers.size()));
            ofSums.append(text(loss / count));
            ofSumsToken.append(percent(1.0 / count));
        }
        name.append("together");
        tokens.append(Long.toString(count));
        sum.append(text(allSums));
        mean.append("");
        ofMeans.append(text(allMeans));
        ofMeansToken.append("");
        ofSums.append(text(allSums / count));
        ofSumsToken.append("");
        return Table.create("", name, tokens, sum, mean, ofMeans, ofMeansToken, ofSums, ofSumsToken);
    }

    /**
     * One step in micro-batches of several sizes: its loss, and how far its gradient is from that of the whole in one, where
     * sums are divided by the step's count, and where every micro-batch is divided by its own and the means are averaged.
     *
     * @param examples of one kind
     * @param rows sizes; the first holds all examples
     */
    public static Table microBatches(LoadedModel student, List<TokenExample> examples, int... rows) throws IOException {
        StringColumn size = StringColumn.create("micro-batches");
        StringColumn loss = StringColumn.create("sum over count: loss");
        StringColumn difference = StringColumn.create("sum over count: gradient differs by");
        StringColumn meansLoss = StringColumn.create("mean of means: loss");
        StringColumn meansDifference = StringColumn.create("mean of means: gradient differs by");
        double[] whole = null;
        for (int most : rows) {
            List<List<TokenExample>> parts = SupervisedStep.microBatches(student.model(), examples, most);
            Step together = step(student.model(), List.of(examples), most);
            Step apart = step(student.model(), parts, most);
            whole = whole == null ? together.gradient() : whole;
            size.append(parts.size() + " of " + most);
            loss.append(String.format(Locale.ROOT, "%.6f", together.loss()));
            difference.append(String.format(Locale.ROOT, "%.6f %%", 100 * difference(together.gradient(), whole)));
            meansLoss.append(String.format(Locale.ROOT, "%.6f", apart.loss()));
            meansDifference.append(percent(difference(apart.gradient(), whole)));
        }
        return Table.create("", size, loss, difference, meansLoss, meansDifference);
    }

    /** A loss and its gradient with respect to all weights. */
    private record Step(double loss, double[] gradient) {}

    /** The mean over parts, each of which is divided by its own count. */
    private static Step step(LanguageModel model, List<List<TokenExample>> parts, int rows) throws IOException {
        String kind = parts.get(0).get(0).kind();
        // Begins gradients of zeros.
        model.weights().train(name -> true);
        SupervisedStep step = new SupervisedStep(model, Map.of(kind, 1.0 / parts.size()), rows, 0);
        double loss = 0;
        for (List<TokenExample> part : parts) {
            LossParts terms = step.backward(part, 0);
            loss += terms.terms().get(kind).mean() / parts.size();
        }
        double[] gradient = model.weights().trainable().values().stream()
                .flatMapToDouble(weight -> {
                    try (NDArray ofWeight = weight.getGradient()) {
                        float[] values = ofWeight.toFloatArray();
                        return IntStream.range(0, values.length).mapToDouble(i -> values[i]);
                    }
                })
                .toArray();
        return new Step(loss, gradient);
    }

    /** |a - b| / |b|. */
    private static double difference(double[] a, double[] b) {
        double apart = 0;
        double size = 0;
        for (int i = 0; i < a.length; i++) {
            apart += (a[i] - b[i]) * (a[i] - b[i]);
            size += b[i] * b[i];
        }
        return Math.sqrt(apart / size);
    }

    private static String text(double loss) {
        return String.format(Locale.ROOT, "%.3f", loss);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
