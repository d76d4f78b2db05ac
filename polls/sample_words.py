"""What the samples on the staff's page of components say in Arabic, so that each is seen from right to left too.

Samples are no part of the interface and of nobody's articles: the catalogues do not hold them. In any other language
they speak English.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import translation

ARABIC: Mapping[str, str] = {
    # questions and their options
    "What should be built first?": "ما الذي ينبغي بناؤه أولاً؟",
    "Which of these should be built at all?": "أيّ هذه ينبغي بناؤه أصلاً؟",
    "How do you travel most often?": "كيف تتنقّل في أغلب الأحيان؟",
    "Have you used the harbour this year?": "هل استعملت الميناء هذا العام؟",
    "How do you rate the harbour?": "كيف تقيّم الميناء؟",
    "The town listens to those who work there.": "تصغي المدينة إلى من يعملون هناك.",
    "How far do you agree?": "إلى أيّ حدّ توافق؟",
    "Would you recommend it to a friend?": "هل توصي به صديقاً؟",
    "How many people live in your household?": "كم شخصاً يعيش في منزلك؟",
    "What share of the costs should the state bear?": "أيّ حصّة من الكلفة ينبغي أن تتحمّلها الدولة؟",
    "Put these in order.": "رتّب هذه الخيارات.",
    "Share out a hundred points.": "وزّع مئة نقطة.",
    "Which of these could you live with?": "أيّ هذه يمكنك القبول به؟",
    "When were you there last?": "متى كنت هناك آخر مرّة؟",
    "In one word: what is it like?": "بكلمة واحدة: كيف هو؟",
    "What should be different?": "ما الذي ينبغي أن يتغيّر؟",
    "May your answers be compared with later ones?": "هل تسمح بمقارنة إجاباتك بإجابات لاحقة؟",
    "Which of these drawings should lead?": "أيّ هذه الرسوم ينبغي أن يتصدّر؟",
    "What does the United States want from its relations with Russia?": (
        "ماذا تريد الولايات المتحدة من علاقاتها بروسيا؟"
    ),
    "Which of these matter most?": "أيّ هذه أهمّ؟",
    "A new railway": "سكة حديد جديدة",
    "A wider road": "طريق أوسع",
    "A longer quay": "رصيف أطول",
    "On foot": "سيراً على الأقدام",
    "By train": "بالقطار",
    "By car": "بالسيارة",
    "Yes": "نعم",
    "No": "لا",
    "I agree": "أوافق",
    "It is clean": "إنه نظيف",
    "It is safe": "إنه آمن",
    "poor\nexcellent": "سيّئ\nممتاز",
    "Disagree\nRather disagree\nNeither\nRather agree\nAgree": (
        "لا أوافق\nلا أوافق إلى حدّ ما\nلا هذا ولا ذاك\nأوافق إلى حدّ ما\nأوافق"
    ),
    "A working partnership": "شراكة عملية",
    "Containment at a distance": "احتواء عن بُعد",
    "A settlement of single questions": "تسوية مسائل بعينها",
    "Don’t know": "لا أعرف",
    "Two questions": "سؤالان",
    "The harbour": "الميناء",
    "Aims": "الأهداف",
    "Asked since June.": "يُطرح منذ يونيو.",
    "A note.": "ملاحظة.",
    # articles
    "The harbour that was built twice": "الميناء الذي بُني مرّتين",
    "What the harbour costs, who pays for it, and who should. A look at forty years of accounts.": (
        "ما كلفة الميناء، ومن يدفعها، ومن ينبغي أن يدفعها. نظرة في حسابات أربعين عاماً."
    ),
    "Economy": "الاقتصاد",
    "Economy desk": "قسم الاقتصاد",
    "The quay is 400 metres long, not 40.": "طول الرصيف 400 متر لا 40.",
    "The opening of the quay": "افتتاح الرصيف",
    "The mark of the publication.": "علامة المطبوعة.",
    "Our own drawing.": "رسم من عندنا.",
    "A mark.": "علامة.",
    "The accounts of the harbour": "حسابات الميناء",
    "Tonnage by month": "الحمولة بحسب الأشهر",
    "As it stands under an article.": "كما يرد تحت المقالة.",
    "Name": "الاسم",
    "Email address": "عنوان البريد الإلكتروني",
    "I have read the rules": "قرأتُ القواعد",
    "Please look at this again.": "يُرجى النظر في هذا مرّة أخرى.",
    "Line one.": "السطر الأول.",
    "Line two.": "السطر الثاني.",
}
BODY_IN_ARABIC = """<p>بُني الميناء مرّتين، وما زال أصغر من اللازم[[note: بحسب حمولة 2024.]]. وحساباته تقول لماذا.</p>
<h2>الميناء الأول</h2><p>رُسم عام 1961 وافتُتح عام 1974، بعد موعده بأربع سنوات.</p>
<ul><li>رصيف طوله 400 متر</li><li>رافعتان</li></ul>
<blockquote><p>قيل لنا إنه سيكون الأخير.</p></blockquote>
<h3>كم كلّف</h3><table><tbody><tr><th><p>السنة</p></th><th><p>الكلفة</p></th></tr>
<tr><td><p>1974</p></td><td><p>41 مليوناً</p></td></tr></tbody></table>
<h2>الثاني</h2><p>يقوم إلى جانب الأول.</p>"""


def say(words: str) -> str:
    """Words of a sample in the language of the page."""
    return ARABIC.get(words, words) if translation.get_language() == "ar" else words
