"""The two pages with which every publication starts (0008, 0012), in the other languages; one paragraph a line.

Translations of these very words: 0017 puts them beside no others.
"""

# ruff: noqa: E501

PRIVACY = {
    "ru": (
        "Конфиденциальность",
        """
<p>Этот сайт можно читать без учётной записи, без файлов cookie и без слежки. Его страницы ничего не загружают от других компаний: ни рекламы, ни статистики, ни сторонних шрифтов.</p>
<h2>Когда вы голосуете в опросе</h2>
<p>Мы сохраняем ваш выбор, время голосования, страницу и язык, на которых голос был отдан, сколько секунд страница была открыта и выполнял ли ваш браузер скрипты. Ни имени, ни адреса электронной почты, ни сетевого адреса, ни примет вашего устройства мы вместе с голосом не храним.</p>
<p>Чтобы в опросе от одного браузера учитывался один голос, при первом голосовании сохраняется один файл cookie. В нём случайное число; он хранится не дольше 400 дней, отправляется только этому сайту и недоступен для скриптов. С каждым голосом мы храним код, вычисленный из этого числа и ключа опроса. Коды двух опросов нельзя соединить. Если вы удалите файл cookie, ничто больше не будет связывать вас с вашими голосами.</p>
<p>Сам браузер помнит, какой выбор он ещё не смог отправить и остановили ли вы обновление цифр. Это остаётся в вашем браузере.</p>
<h2>Когда вы заполняете анкету</h2>
<p>То, на что вы уже ответили, хранится под тем же кодом не дольше двух недель, чтобы вы могли прерваться и продолжить. Это не учитывается, пока вы не отправите анкету, и это можно удалить на любой её странице. Мы считаем, сколько читателей дошло до каждой страницы, но не отмечаем, кто они.</p>
<p>То, что вы пишете своими словами, видят редакторы; другие читатели видят это, только если редактор это пропустил. Редактор может стереть такой текст навсегда, например потому, что в нём кто-то назван.</p>
<p>В анкете могут спросить, можно ли сравнить ваши ответы с теми, которые вы дадите в следующих. Код, который их соединяет, появляется, только если вы согласны. Согласие можно отозвать на странице вашего голоса; тогда код удаляется из всех анкет.</p>
<h2>Против злоупотреблений</h2>
<p>Чтобы заметить, что из одной сети приходит слишком много голосов, ваш сетевой адрес превращается в нечитаемый код, который хранится отдельно от голосов не дольше двух дней. Для опроса могут сохраняться метки сети и вида браузера, тоже нечитаемые; они удаляются через 30 дней после его закрытия.</p>
<h2>Как долго хранятся голоса</h2>
<p>Голоса хранятся бессрочно, потому что опубликованный результат должен быть доступен для проверки. Они не говорят, кто их отдал. По той же причине отдельный голос нельзя потом найти и удалить.</p>
<h2>Те, кто здесь работает</h2>
<p>У того, кто входит на сайт, чтобы писать статьи или вести опросы, есть учётная запись с именем и паролем, а на время работы и файлы cookie. Что он изменил, записывается вместе с его именем.</p>
<h2>Помимо этой программы</h2>
<p>Сервер, который отдаёт эти страницы, видит ваш сетевой адрес, пока отвечает, как и любой сервер. Если его владелец ведёт об этом записи или если для работы сайта привлечены другие компании, об этом должно быть сказано здесь.</p>
""",
    ),
    "fr": (
        "Confidentialité",
        """
<p>Vous pouvez lire ce site sans compte, sans cookies et sans être suivi. Ses pages ne chargent rien d’autres entreprises : ni publicité, ni statistiques, ni polices de caractères venues d’ailleurs.</p>
<h2>Quand vous votez dans une consultation</h2>
<p>Nous enregistrons votre choix, le moment du vote, la page et la langue dans lesquelles il a été émis, le nombre de secondes pendant lesquelles la page est restée ouverte, et si votre navigateur exécutait des scripts. Nous n’enregistrons avec lui ni nom, ni adresse électronique, ni adresse réseau, ni marque de votre appareil.</p>
<p>Pour qu’une consultation compte un vote par navigateur, votre premier vote dépose un seul cookie. Il contient un nombre aléatoire, reste 400 jours au plus, n’est envoyé qu’à ce site et ne peut être lu par des scripts. Avec chaque vote, nous conservons un code calculé à partir de ce nombre et d’une clé de la consultation. Les codes de deux consultations ne peuvent être rapprochés. Si vous supprimez le cookie, plus rien ne vous relie à vos votes.</p>
<p>Votre navigateur retient lui-même le choix qu’il n’a pas encore pu envoyer, et si vous avez suspendu l’actualisation des chiffres. Cela reste dans votre navigateur.</p>
<h2>Quand vous répondez à un questionnaire</h2>
<p>Ce que vous avez déjà répondu est conservé sous le même code, deux semaines au plus, pour que vous puissiez vous arrêter et reprendre. Ce n’est pas compté tant que vous ne l’avez pas envoyé, et vous pouvez le supprimer à chaque page. Nous comptons combien de lecteurs ont atteint chaque page, sans aucune marque de qui ils étaient.</p>
<p>Ce que vous écrivez avec vos propres mots est vu par la rédaction ; les autres lecteurs ne le voient que si elle l’a laissé passer. La rédaction peut l’effacer définitivement, par exemple parce que quelqu’un y est nommé.</p>
<p>Un questionnaire peut demander si vos réponses peuvent être comparées à celles que vous donnerez dans d’autres, plus tard. Un code qui les relie n’existe que si vous acceptez. Vous pouvez y renoncer sur la page de votre vote ; le code est alors supprimé dans tous.</p>
<h2>Contre les abus</h2>
<p>Pour remarquer qu’un même réseau envoie bien trop de votes, votre adresse réseau est transformée en un code illisible, conservé à part des votes pendant deux jours au plus. Une marque du réseau et du type de navigateur, illisible elle aussi, peut être conservée pour une consultation ; elle est supprimée 30 jours après sa clôture.</p>
<h2>Combien de temps les votes sont conservés</h2>
<p>Les votes sont conservés définitivement, car un résultat publié doit pouvoir être vérifié. Ils ne disent pas qui les a émis. Pour la même raison, un vote isolé ne peut être ni retrouvé ni supprimé par la suite.</p>
<h2>Les personnes qui travaillent ici</h2>
<p>Qui se connecte pour écrire des articles ou des consultations a un compte avec un nom et un mot de passe, et des cookies tant que dure la connexion. Ce que cette personne modifie est consigné avec son nom.</p>
<h2>Au-delà de ce programme</h2>
<p>Le serveur qui délivre ces pages voit votre adresse réseau pendant qu’il répond, comme tout serveur. Si son exploitant en garde la trace, ou si d’autres entreprises servent à faire fonctionner ce site, cette page devrait le dire ici.</p>
""",
    ),
    "es": (
        "Privacidad",
        """
<p>Puede leer este sitio sin cuenta, sin cookies y sin que nadie le siga. Sus páginas no cargan nada de otras empresas: ni publicidad, ni estadísticas, ni tipos de letra ajenos.</p>
<h2>Cuando vota en una encuesta</h2>
<p>Guardamos su elección, el momento en que votó, la página y el idioma en que lo hizo, cuántos segundos llevaba abierta la página y si su navegador ejecutaba scripts. Con el voto no guardamos ni nombre, ni dirección de correo, ni dirección de red, ni marca alguna de su dispositivo.</p>
<p>Para que una encuesta cuente un voto por navegador, su primer voto deja una sola cookie. Contiene un número aleatorio, dura 400 días como máximo, se envía solo a este sitio y los scripts no pueden leerla. Con cada voto guardamos un código calculado a partir de ese número y de una clave de la encuesta. Los códigos de dos encuestas no pueden relacionarse. Si borra la cookie, ya nada le une a sus votos.</p>
<p>Su propio navegador recuerda qué elección no ha podido enviar todavía y si usted detuvo las cifras que se actualizan. Eso queda en su navegador.</p>
<h2>Cuando responde a un cuestionario</h2>
<p>Lo que ya ha respondido se guarda bajo el mismo código, dos semanas como máximo, para que pueda parar y seguir. No se cuenta hasta que lo envía, y puede borrarlo en cada página. Contamos cuántos lectores llegaron a cada página, sin marca alguna de quiénes eran.</p>
<p>Lo que escribe con sus propias palabras lo ve la redacción; los demás lectores lo ven solo si la redacción le ha dado paso. La redacción puede vaciarlo para siempre, por ejemplo porque nombra a alguien.</p>
<p>Un cuestionario puede preguntar si sus respuestas pueden compararse con las que dé en otros posteriores. Solo si acepta existe un código que las une. Puede retirarse en la página de su voto; el código se borra entonces en todos ellos.</p>
<h2>Contra los abusos</h2>
<p>Para advertir que una misma red envía demasiados votos, su dirección de red se convierte en un código ilegible, que se guarda aparte de los votos dos días como máximo. De una encuesta puede guardarse una marca de la red y del tipo de navegador, también ilegible; se borra 30 días después del cierre.</p>
<h2>Cuánto tiempo se guardan los votos</h2>
<p>Los votos se guardan para siempre, porque un resultado publicado tiene que poder comprobarse. No dicen quién los emitió. Por la misma razón, un voto suelto no puede encontrarse ni borrarse después.</p>
<h2>Quienes trabajan aquí</h2>
<p>Quien inicia sesión para escribir artículos o encuestas tiene una cuenta con nombre y contraseña, y cookies mientras dura la sesión. Lo que cambia queda anotado con su nombre.</p>
<h2>Más allá de este programa</h2>
<p>El servidor que entrega estas páginas ve su dirección de red mientras responde, como todo servidor. Si quien lo gestiona lleva un registro de ello, o si otras empresas intervienen en este sitio, esta página debería decirlo aquí.</p>
""",
    ),
    "de": (
        "Datenschutz",
        """
<p>Sie können diese Website ohne Konto, ohne Cookies und ohne Verfolgung lesen. Ihre Seiten laden nichts von anderen Unternehmen: keine Werbung, keine Statistik, keine fremden Schriften.</p>
<h2>Wenn Sie in einer Umfrage abstimmen</h2>
<p>Wir speichern Ihre Auswahl, den Zeitpunkt der Abstimmung, die Seite und die Sprache, in der sie geschah, wie viele Sekunden die Seite offen war und ob Ihr Browser Skripte ausführte. Wir speichern dabei keinen Namen, keine E-Mail-Adresse, keine Netzadresse und kein Merkmal Ihres Geräts.</p>
<p>Damit in einer Umfrage eine Stimme je Browser zählt, setzt Ihre erste Stimme ein einziges Cookie. Es enthält eine Zufallszahl, bleibt höchstens 400 Tage, wird nur an diese Website gesendet und kann von Skripten nicht gelesen werden. Mit jeder Stimme bewahren wir einen Code auf, der aus dieser Zahl und einem Schlüssel der Umfrage berechnet ist. Die Codes zweier Umfragen lassen sich nicht zusammenführen. Wenn Sie das Cookie löschen, verbindet Sie nichts mehr mit Ihren Stimmen.</p>
<p>Ihr Browser selbst merkt sich, welche Auswahl er noch nicht absenden konnte und ob Sie das Fortschreiben der Zahlen angehalten haben. Das bleibt in Ihrem Browser.</p>
<h2>Wenn Sie an einer Befragung teilnehmen</h2>
<p>Was Sie bis dahin beantwortet haben, wird unter demselben Code höchstens zwei Wochen aufbewahrt, damit Sie unterbrechen und fortfahren können. Es zählt erst, wenn Sie es absenden, und Sie können es auf jeder Seite löschen. Gezählt wird, wie viele Leserinnen und Leser jede Seite erreicht haben, ohne jedes Merkmal, wer sie waren.</p>
<p>Was Sie mit eigenen Worten schreiben, sieht die Redaktion; andere sehen es nur, wenn die Redaktion es freigegeben hat. Die Redaktion kann es für immer leeren, etwa weil darin jemand genannt ist.</p>
<p>Eine Befragung kann fragen, ob Ihre Antworten mit denen verglichen werden dürfen, die Sie später in anderen geben. Nur wenn Sie zustimmen, gibt es einen Code, der sie verbindet. Auf der Seite Ihrer Stimme können Sie wieder ausscheiden; der Code wird dann in allen gelöscht.</p>
<h2>Gegen Missbrauch</h2>
<p>Um zu bemerken, wenn aus einem Netz viel zu viele Stimmen kommen, wird Ihre Netzadresse in einen unlesbaren Code verwandelt, der getrennt von den Stimmen höchstens zwei Tage aufbewahrt wird. Ein ebenso unlesbares Merkmal des Netzes und der Art des Browsers kann für eine Umfrage aufbewahrt werden; es wird 30 Tage nach ihrem Ende gelöscht.</p>
<h2>Wie lange Stimmen aufbewahrt werden</h2>
<p>Stimmen werden auf Dauer aufbewahrt, weil ein veröffentlichtes Ergebnis überprüfbar sein muss. Sie sagen nicht, wer sie abgegeben hat. Aus demselben Grund lässt sich eine einzelne Stimme später weder finden noch löschen.</p>
<h2>Wer hier arbeitet</h2>
<p>Wer sich anmeldet, um Artikel oder Umfragen zu schreiben, hat ein Konto mit Namen und Passwort und während der Anmeldung Cookies. Was jemand ändert, wird mit seinem Namen festgehalten.</p>
<h2>Über dieses Programm hinaus</h2>
<p>Der Server, der diese Seiten ausliefert, sieht wie jeder Server Ihre Netzadresse, während er antwortet. Wenn sein Betreiber darüber Aufzeichnungen führt oder wenn andere Unternehmen am Betrieb dieser Website beteiligt sind, sollte das hier stehen.</p>
""",
    ),
    "ar": (
        "الخصوصية",
        """
<p>يمكنك قراءة هذا الموقع من دون حساب ومن دون ملفات تعريف ارتباط ومن دون أن يتتبّعك أحد. ولا تحمّل صفحاته شيئًا من شركات أخرى: لا إعلانات ولا إحصاءات ولا خطوطًا من مواقع أخرى.</p>
<h2>عندما تصوّت في استطلاع</h2>
<p>نحفظ اختيارك، واللحظة التي أدليت فيها بصوتك، والصفحة واللغة اللتين صوّتَّ فيهما، وكم ثانيةً ظلّت الصفحة مفتوحة، وهل كان متصفّحك يشغّل البرامج النصية. ولا نحفظ معه اسمًا ولا بريدًا إلكترونيًا ولا عنوانًا شبكيًا ولا علامةً تدلّ على جهازك.</p>
<p>ولكي يحتسب الاستطلاع صوتًا واحدًا لكل متصفّح، يضع صوتك الأول ملف تعريف ارتباط واحدًا. فيه رقم عشوائي، ويبقى 400 يوم على الأكثر، ولا يُرسل إلا إلى هذا الموقع، ولا تستطيع البرامج النصية قراءته. ونحفظ مع كل صوت رمزًا يُحسب من ذلك الرقم ومن مفتاح للاستطلاع. ولا يمكن الربط بين رموز استطلاعين. وإذا حذفت ملف تعريف الارتباط فلا يبقى ما يربطك بأصواتك.</p>
<p>ويتذكّر متصفّحك نفسه أي اختيار لم يتمكّن بعدُ من إرساله، وهل أوقفت تحديث الأرقام. وهذا يبقى في متصفّحك.</p>
<h2>عندما تجيب عن استبيان</h2>
<p>ما أجبت عنه حتى الآن يُحفظ تحت الرمز نفسه أسبوعين على الأكثر، لكي تستطيع التوقّف ثم المتابعة. ولا يُحتسب حتى ترسله، ويمكنك حذفه في أي صفحة. ونَعُدّ كم قارئًا وصل إلى كل صفحة، من دون أي علامة تدلّ على من هم.</p>
<p>ما تكتبه بكلماتك يراه المحرّرون، ولا يراه سائر القراء إلا إذا سمح محرّر بنشره. ويستطيع المحرّر محوه نهائيًا، لأنه يسمّي أحدًا مثلًا.</p>
<p>وقد يسألك الاستبيان هل يجوز أن تُقارَن إجاباتك بما ستجيب به في استبيانات لاحقة. ولا يكون هناك رمز يربط بينها إلا إذا وافقت. ويمكنك الانسحاب من ذلك في صفحة صوتك، فيُحذف الرمز عندئذ منها جميعًا.</p>
<h2>لمنع إساءة الاستعمال</h2>
<p>لكي نلاحظ أن شبكة واحدة ترسل أصواتًا أكثر مما يُعقل، يُحوَّل عنوانك الشبكي إلى رمز لا يُقرأ، يُحفظ بمعزل عن الأصوات يومين على الأكثر. وقد تُحفظ لاستطلاع ما علامةٌ للشبكة ولنوع المتصفّح، لا تُقرأ هي أيضًا، وتُحذف بعد 30 يومًا من إغلاق الاستطلاع.</p>
<h2>كم تُحفظ الأصوات</h2>
<p>تُحفظ الأصوات على الدوام، لأن النتيجة المنشورة يجب أن تبقى قابلة للتحقّق. وهي لا تقول من أدلى بها. وللسبب نفسه لا يمكن بعد ذلك العثور على صوت بعينه وحذفه.</p>
<h2>من يعملون هنا</h2>
<p>من يسجّل الدخول ليكتب المقالات أو الاستطلاعات له حساب باسم وكلمة مرور، وملفات تعريف ارتباط ما دام مسجّل الدخول. وما يغيّره يُدوَّن مع اسمه.</p>
<h2>خارج هذا البرنامج</h2>
<p>الخادم الذي يقدّم هذه الصفحات يرى عنوانك الشبكي وهو يجيب، شأنه شأن كل خادم. وإذا كان القائم عليه يحتفظ بسجلات لذلك، أو كانت شركات أخرى تُستخدم لتشغيل هذا الموقع، فينبغي أن تقول هذه الصفحة ذلك هنا.</p>
""",
    ),
    "zh-hans": (
        "隐私",
        """
<p>阅读本网站无需账号，无需Cookie，也不会受到跟踪。网页不从其他公司加载任何内容：没有广告，没有统计，也没有外来字体。</p>
<h2>当您在调查中投票时</h2>
<p>我们保存您的选择、投票的时刻、投票所在的页面和所用的语言、页面已打开的秒数，以及您的浏览器是否运行了脚本。我们不随投票保存姓名、电子邮件地址、网络地址或您设备的任何标识。</p>
<p>为了让一项调查中每个浏览器只计一票，您第一次投票时会设置一个Cookie。其中是一个随机数，最多保留400天，只发送给本网站，脚本无法读取。我们随每一票保存一个代码，它由该随机数和调查的一个密钥计算得出。两项调查的代码无法相互关联。删除这个Cookie之后，就再没有什么把您与您的投票联系起来。</p>
<p>您的浏览器自己会记住哪个选择还没能发送出去，以及您是否暂停了数字的更新。这些只留在您的浏览器里。</p>
<h2>当您填写问卷时</h2>
<p>您已经作出的回答以同一个代码保存，最多两周，以便您中途停下，之后继续。在您提交之前，它不会被计入；在每一页上您都可以将其删除。我们统计有多少读者到达了每一页，但不记录他们是谁。</p>
<p>您用自己的话写下的内容由编辑查看；只有编辑放行之后，其他读者才能看到。编辑可以将其永久清空，例如因为其中提到了某人。</p>
<p>问卷可能会问，您的回答可否与您以后在其他问卷中的回答相比较。只有您同意，才会有把它们联系起来的代码。您可以在您的投票页面上退出，届时所有问卷中的这一代码都会删除。</p>
<h2>防止滥用</h2>
<p>为了发现某个网络发来过多投票，您的网络地址会转换成无法辨读的代码，与投票分开保存，最多两天。一项调查还可能保存网络和浏览器种类的标记，同样无法辨读；调查结束30天后即予删除。</p>
<h2>投票保存多久</h2>
<p>投票永久保存，因为公布的结果必须可供核查。投票并不说明是谁投的。出于同样的原因，事后无法找出并删除某一张单独的票。</p>
<h2>在这里工作的人</h2>
<p>登录撰写文章或调查的人有一个账号，包括名称和密码，登录期间使用Cookie。他们所作的修改会连同其名称一起记录下来。</p>
<h2>本程序之外</h2>
<p>同任何服务器一样，提供这些网页的服务器在应答时会看到您的网络地址。如果其运营者保留相关记录，或者本网站的运行还用到其他公司，本页应在此处说明。</p>
""",
    ),
}

ACCESSIBILITY = {
    "ru": (
        "Доступность",
        """
<p>Этот сайт должны иметь возможность читать и использовать все: с клавиатуры, с программой экранного доступа, с крупными буквами, на маленьком экране, в печати и без скриптов. Он стремится соответствовать Руководству по обеспечению доступности веб-контента (WCAG) 2.2 на уровне AA. По нашим собственным проверкам он ему соответствует, кроме того, что названо ниже; никто другой этого не подтвердил.</p>
<h2>Что и как проверяется</h2>
<p>Эти проверки проводятся в настоящем браузере (Chromium) перед выпуском каждого изменения программы:</p>
<ul>
<li>Каждый вид страниц в каждом состоянии, на телефоне и на широком экране, днём и ночью, слева направо и справа налево, проверяется программой axe, которая находит ошибки по правилам. Не должно остаться ни одной, какой бы малой она ни была.</li>
<li>Чтение, голосование и заполнение анкеты выполняются с одной клавиатуры и без скриптов.</li>
<li>Страницы показываются шириной 320 пикселей: столько остаётся от обычного экрана при увеличении до 400 процентов. Ничто не должно обрезаться или требовать прокрутки вбок, кроме широких таблиц, которые прокручиваются сами по себе.</li>
<li>Измеряется то, что можно нажать: кнопки и поля не ниже 44 пикселей.</li>
<li>Измеряется контраст букв и фона: не меньше 4,5 к 1 днём и ночью; границы полей, столбики и рамка фокуса — 3 к 1.</li>
<li>Страницы просматриваются с цветами, заданными системой, и с отключённым движением.</li>
</ul>
<p>Цифры стоят текстом рядом с каждым столбиком и таблицей на странице опроса. Не движется ничего, кроме меняющихся цифр, и их можно остановить. Ничто не ограничено временем, кроме самого опроса.</p>
<h2>Чего, насколько нам известно, не хватает</h2>
<ul>
<li>Сайт не проверяли люди с инвалидностью, и его не опробовали с каждой из распространённых программ экранного доступа. То, что произносится вслух, проверено по именам и ролям, которые передаёт браузер, а не на слух.</li>
<li>Текст, который не переведён, стоит на странице другого языка на том языке, на котором он написан.</li>
<li>Редактор текста в рабочей части сайта — компонент другого проекта. Им можно пользоваться с клавиатуры; он не проверен так же подробно, как страницы для читателей.</li>
<li>Видео и звук воспроизводят другие сайты, когда читатель об этом попросит. Их проигрыватели и наличие субтитров в наши проверки не входят.</li>
<li>Файлы для скачивания, такие как PDF и таблицы, доступны настолько, насколько их сделали доступными авторы.</li>
<li>Тексты, таблицы и описания картинок пишут редакторы, и они могут не достигать того, что позволяет программа.</li>
</ul>
<h2>Если вам что-то мешает</h2>
<p>Пожалуйста, напишите в редакцию по адресу внизу страницы, если он там указан: какая страница, что вы пытались сделать, с каким браузером или вспомогательным средством. Вам могут передать содержание страницы другим способом. А ошибку в программе можно исправить для всех.</p>
""",
    ),
    "fr": (
        "Accessibilité",
        """
<p>Ce site doit pouvoir être lu et utilisé par tout le monde : au clavier, avec un lecteur d’écran, en gros caractères, sur un petit écran, imprimé et sans scripts. Il vise la conformité aux Règles pour l’accessibilité des contenus Web (WCAG) 2.2 au niveau AA. D’après nos propres tests il y est conforme, hormis ce qui est nommé plus bas ; personne d’autre ne l’a confirmé.</p>
<h2>Ce qui est testé, et comment</h2>
<p>Ces tests sont menés sur le programme dans un vrai navigateur (Chromium) avant la publication de chaque modification :</p>
<ul>
<li>Chaque type de page, dans chaque état, sur téléphone et sur grand écran, de jour et de nuit, de gauche à droite et de droite à gauche, est examiné avec axe, un programme qui trouve les défauts d’après des règles. Il ne doit en rester aucun, si léger soit-il.</li>
<li>Lire, voter et répondre à un questionnaire se font au clavier seul, et sans scripts.</li>
<li>Les pages sont affichées sur 320 pixels de large, ce qu’un zoom de 400 % laisse d’un écran ordinaire. Rien ne doit être coupé ni demander un défilement latéral, sauf les tableaux larges, qui défilent pour eux-mêmes.</li>
<li>Ce sur quoi l’on peut appuyer est mesuré : boutons et champs ont au moins 44 pixels de haut.</li>
<li>Le contraste entre les lettres et le fond est mesuré : 4,5 pour 1 au moins, de jour et de nuit ; les bords des champs, les barres et la marque du focus, 3 pour 1.</li>
<li>Les pages sont vues avec les couleurs imposées par le système, et sans mouvement.</li>
</ul>
<p>Les chiffres figurent en texte à côté de chaque barre, et en tableau sur la page de la consultation. Rien ne bouge que les chiffres qui changent, et cela peut être suspendu. Rien n’est minuté, sauf la consultation elle-même.</p>
<h2>Ce qui manque, à notre connaissance</h2>
<ul>
<li>Le site n’a pas été essayé par des personnes handicapées, ni avec chacun des lecteurs d’écran courants. Ce qui est dit à voix haute a été vérifié dans les noms et les rôles que transmet le navigateur, non à l’oreille.</li>
<li>Un texte qui n’a pas été traduit figure dans la langue où il a été écrit, sur une page d’une autre langue.</li>
<li>L’éditeur de texte de la rédaction est le composant d’un autre projet. On peut s’en servir au clavier ; il n’a pas été examiné d’aussi près que les pages destinées aux lecteurs.</li>
<li>Les vidéos et les sons sont lus par d’autres sites, une fois qu’un lecteur les demande. Leurs lecteurs, et la présence de sous-titres, échappent à nos tests.</li>
<li>Les fichiers à emporter, comme les PDF et les tableaux, sont accessibles autant que leurs auteurs l’ont voulu.</li>
<li>Les textes, les tableaux et les descriptions d’images sont écrits par la rédaction et peuvent rester en deçà de ce que le programme permet.</li>
</ul>
<h2>Si quelque chose vous fait obstacle</h2>
<p>Écrivez à la rédaction, à l’adresse indiquée en pied de page quand il y en a une : quelle page, ce que vous avez tenté, avec quel navigateur ou quelle aide. Elle peut vous donner autrement ce que dit la page. Un défaut du programme peut être corrigé pour tout le monde.</p>
""",
    ),
    "es": (
        "Accesibilidad",
        """
<p>Este sitio debe poder leerlo y usarlo todo el mundo: con el teclado, con un lector de pantalla, con letra grande, en una pantalla pequeña, impreso y sin scripts. Aspira a cumplir las Pautas de Accesibilidad para el Contenido Web (WCAG) 2.2 en el nivel AA. Según nuestras propias pruebas las cumple, salvo en lo que se nombra más abajo; nadie más lo ha confirmado.</p>
<h2>Qué se prueba, y cómo</h2>
<p>Estas pruebas se hacen sobre el programa en un navegador real (Chromium) antes de publicar cada cambio:</p>
<ul>
<li>Cada clase de página en cada estado, en un teléfono y en una pantalla ancha, de día y de noche, de izquierda a derecha y de derecha a izquierda, se examina con axe, un programa que encuentra fallos por reglas. No puede quedar ninguno, por leve que sea.</li>
<li>Leer, votar y responder a un cuestionario se hacen solo con el teclado, y sin scripts.</li>
<li>Las páginas se muestran con 320 píxeles de ancho, lo que deja de una pantalla corriente una ampliación del 400 %. Nada puede quedar cortado ni exigir desplazarse de lado, salvo las tablas anchas, que se desplazan por sí mismas.</li>
<li>Se mide lo que puede pulsarse: los botones y los campos tienen al menos 44 píxeles de alto.</li>
<li>Se mide el contraste entre las letras y el fondo: 4,5 a 1 como mínimo, de día y de noche; los bordes de los campos, las barras y la marca del foco, 3 a 1.</li>
<li>Las páginas se miran con los colores impuestos por el sistema y sin movimiento.</li>
</ul>
<p>Las cifras figuran como texto junto a cada barra y como tabla en la página de la encuesta. No se mueve nada más que las cifras que cambian, y eso puede detenerse. Nada corre contra el reloj, salvo la propia encuesta.</p>
<h2>Qué falta, hasta donde sabemos</h2>
<ul>
<li>No lo han probado personas con discapacidad, ni se ha probado con cada uno de los lectores de pantalla habituales. Lo que se dice en voz alta se comprobó en los nombres y papeles que transmite el navegador, no de oído.</li>
<li>Un texto que no se ha traducido figura en el idioma en que se escribió, en una página de otro idioma.</li>
<li>El editor de texto de la redacción es un componente de otro proyecto. Puede usarse con el teclado; no se ha examinado tan de cerca como las páginas para lectores.</li>
<li>Los vídeos y el sonido los reproducen otros sitios, cuando un lector lo pide. Sus reproductores, y si hay subtítulos, quedan fuera de nuestras pruebas.</li>
<li>Los archivos para descargar, como PDF y tablas, son tan accesibles como los dejaron quienes los hicieron.</li>
<li>Los textos, las tablas y las descripciones de imágenes los escribe la redacción y pueden quedar por debajo de lo que el programa permite.</li>
</ul>
<h2>Si algo se lo impide</h2>
<p>Escriba a la redacción, a la dirección que figura al pie donde la haya: qué página, qué intentó y con qué navegador o ayuda. Pueden darle de otra forma lo que dice la página. Un fallo del programa puede corregirse para todos.</p>
""",
    ),
    "de": (
        "Barrierefreiheit",
        """
<p>Diese Website soll von allen gelesen und benutzt werden können: mit der Tastatur, mit einem Screenreader, mit großer Schrift, auf einem kleinen Bildschirm, gedruckt und ohne Skripte. Ihr Ziel sind die Richtlinien für barrierefreie Webinhalte (WCAG) 2.2 auf Stufe AA. Nach unseren eigenen Prüfungen erfüllt sie diese, bis auf das, was unten genannt ist; niemand sonst hat das bestätigt.</p>
<h2>Was geprüft wird, und wie</h2>
<p>Diese Prüfungen laufen am Programm in einem echten Browser (Chromium), bevor eine Änderung veröffentlicht wird:</p>
<ul>
<li>Jede Art von Seite in jedem Zustand, auf dem Telefon und auf breitem Bildschirm, bei Tag und bei Nacht, von links nach rechts und von rechts nach links, wird mit axe untersucht, einem Programm, das Fehler nach Regeln findet. Keiner darf übrig bleiben, so gering er sei.</li>
<li>Lesen, Abstimmen und die Teilnahme an einer Befragung geschehen allein mit der Tastatur und ohne Skripte.</li>
<li>Die Seiten werden 320 Pixel breit gezeigt; so viel lässt eine Vergrößerung auf 400 Prozent von einem üblichen Bildschirm übrig. Nichts darf abgeschnitten sein oder seitliches Rollen verlangen, außer breiten Tabellen, die für sich rollen.</li>
<li>Was gedrückt werden kann, wird gemessen: Knöpfe und Felder sind mindestens 44 Pixel hoch.</li>
<li>Der Kontrast zwischen Schrift und Grund wird gemessen: mindestens 4,5 zu 1 bei Tag und bei Nacht; Ränder von Feldern, Balken und die Marke des Fokus 3 zu 1.</li>
<li>Die Seiten werden mit vom System erzwungenen Farben und mit abgeschalteter Bewegung angesehen.</li>
</ul>
<p>Zahlen stehen als Text neben jedem Balken und als Tabelle auf der Seite einer Umfrage. Nichts bewegt sich außer Zahlen, die sich ändern, und das lässt sich anhalten. Nichts läuft gegen die Uhr außer einer Umfrage selbst.</p>
<h2>Was fehlt, soweit wir wissen</h2>
<ul>
<li>Menschen mit Behinderungen haben die Website nicht erprobt, und sie wurde nicht mit jedem der üblichen Screenreader ausprobiert. Was vorgelesen wird, ist an den Namen und Rollen geprüft, die der Browser weitergibt, nicht nach Gehör.</li>
<li>Ein Text, der nicht übersetzt ist, steht auf einer Seite anderer Sprache in der Sprache, in der er geschrieben wurde.</li>
<li>Der Editor für Fließtext in der Redaktion ist der Baustein eines anderen Projekts. Er lässt sich mit der Tastatur bedienen; so genau untersucht wie die Seiten für Leser ist er nicht.</li>
<li>Videos und Ton spielen andere Websites ab, sobald jemand sie verlangt. Deren Abspieler und ob es Untertitel gibt, liegen außerhalb unserer Prüfungen.</li>
<li>Dateien zum Mitnehmen, etwa PDF und Tabellen, sind so barrierefrei, wie ihre Urheber sie hinterlassen haben.</li>
<li>Texte, Tabellen und Bildbeschreibungen schreibt die Redaktion; sie können hinter dem zurückbleiben, was das Programm möglich macht.</li>
</ul>
<h2>Wenn Ihnen etwas im Weg steht</h2>
<p>Bitte schreiben Sie der Redaktion an die Adresse am Seitenfuß, wo eine angegeben ist: welche Seite, was Sie versucht haben und mit welchem Browser oder Hilfsmittel. Sie kann Ihnen auf anderem Weg geben, was die Seite sagt. Ein Fehler im Programm lässt sich für alle beheben.</p>
""",
    ),
    "ar": (
        "إمكانية الوصول",
        """
<p>ينبغي أن يستطيع الجميع قراءة هذا الموقع واستخدامه: بلوحة المفاتيح، وبقارئ الشاشة، وبحروف كبيرة، وعلى شاشة صغيرة، ومطبوعًا، ومن دون برامج نصية. وهو يسعى إلى التوافق مع إرشادات الوصول إلى محتوى الويب (WCAG) 2.2 في المستوى AA. وهو متوافق معها بحسب اختباراتنا نحن، باستثناء ما يُذكر أدناه، ولم يؤكّد ذلك أحد سوانا.</p>
<h2>ما الذي يُختبر، وكيف</h2>
<p>تُجرى هذه الاختبارات على البرنامج في متصفّح حقيقي (Chromium) قبل إصدار أي تغيير فيه:</p>
<ul>
<li>كل نوع من الصفحات في كل حالة، على الهاتف وعلى شاشة عريضة، نهارًا وليلًا، من اليسار إلى اليمين ومن اليمين إلى اليسار، يُفحص بأداة axe، وهي برنامج يجد الأخطاء وفق قواعد. ولا يجوز أن يبقى منها شيء مهما صغر.</li>
<li>تُجرى القراءة والتصويت والإجابة عن استبيان بلوحة المفاتيح وحدها، ومن دون برامج نصية.</li>
<li>تُعرض الصفحات بعرض 320 بكسل، وهو ما يبقى من شاشة عادية عند التكبير إلى 400 في المئة. ولا يجوز أن يُقتطع شيء أو يحتاج إلى تمرير جانبي، سوى الجداول العريضة التي تُمرَّر وحدها.</li>
<li>يُقاس ما يمكن الضغط عليه: ارتفاع الأزرار والحقول 44 بكسل على الأقل.</li>
<li>يُقاس التباين بين الحروف وخلفيتها: 4.5 إلى 1 على الأقل نهارًا وليلًا، ولحدود الحقول والأعمدة وعلامة التركيز 3 إلى 1.</li>
<li>يُنظر إلى الصفحات بألوان يفرضها النظام، وبلا حركة.</li>
</ul>
<p>الأرقام مكتوبة نصًا إلى جانب كل عمود، وفي جدول على صفحة الاستطلاع. ولا يتحرّك شيء سوى الأرقام التي تتغيّر، ويمكن إيقاف ذلك. ولا شيء محدود بوقت سوى الاستطلاع نفسه.</p>
<h2>أوجه القصور التي نعرفها</h2>
<ul>
<li>لم يجرّبه أشخاص ذوو إعاقة، ولم يُجرَّب مع كل قارئ شاشة شائع. وما يُنطق به فُحص في الأسماء والأدوار التي ينقلها المتصفّح، لا بالسماع.</li>
<li>النص الذي لم يُترجم يظهر باللغة التي كُتب بها، في صفحة بلغة أخرى.</li>
<li>محرّر النصوص في مكتب التحرير مكوّن من مشروع آخر. ويمكن استخدامه بلوحة المفاتيح، لكنه لم يُفحص بدقة فحص صفحات القراء.</li>
<li>الفيديو والصوت تشغّلهما مواقع أخرى عندما يطلبهما القارئ. ومشغّلاتها، ووجود ترجمة مكتوبة، خارج نطاق اختباراتنا.</li>
<li>الملفات المعدّة للتنزيل، مثل PDF والجداول، متاحة بقدر ما جعلها معدّوها متاحة.</li>
<li>النصوص والجداول وأوصاف الصور يكتبها المحرّرون، وقد تقصر عمّا يتيحه البرنامج.</li>
</ul>
<h2>إذا منعك شيء</h2>
<p>يُرجى إبلاغ المحرّرين على العنوان المذكور في التذييل إن وُجد: أي صفحة، وماذا حاولت، وبأي متصفّح أو أداة مساعدة. ويستطيعون أن يقدّموا لك ما تقوله الصفحة بطريقة أخرى. والخطأ في البرنامج يمكن إصلاحه للجميع.</p>
""",
    ),
    "zh-hans": (
        "无障碍",
        """
<p>本网站应当人人都能阅读和使用：用键盘，用屏幕阅读器，用大号文字，在小屏幕上，在纸上，以及不运行脚本时。本网站力求符合《网页内容无障碍指南》（WCAG）2.2的AA级。按照我们自己的测试，除下文所列之外均已符合；尚无他人加以证实。</p>
<h2>测试什么，如何测试</h2>
<p>程序的每次改动发布之前，都在真实的浏览器（Chromium）中进行以下测试：</p>
<ul>
<li>每种页面的每种状态，在手机和宽屏幕上，白天和夜间，从左到右和从右到左，都用按规则查找缺陷的程序axe检查。无论轻重，一个也不得留下。</li>
<li>阅读、投票和填写问卷都只用键盘完成，并且在不运行脚本时也能完成。</li>
<li>页面以320像素的宽度显示，这是普通屏幕放大到400%后所剩的宽度。任何内容都不得被截断或需要横向滚动，只有宽表格自行滚动。</li>
<li>凡可按的都经过测量：按钮和输入框至少高44像素。</li>
<li>文字与底色的对比度经过测量：无论白天夜间，至少4.5比1；输入框边线、条形和焦点标记为3比1。</li>
<li>在系统强制配色和关闭动态效果的情况下查看页面。</li>
</ul>
<p>每个条形旁边都有文字数字，调查页面上另有表格。除了变化的数字之外，没有任何东西会动，而这也可以暂停。除了调查本身，没有任何内容有时间限制。</p>
<h2>据我们所知的不足</h2>
<ul>
<li>尚未由残障人士试用，也未在每一种常用的屏幕阅读器上试用。朗读的内容是根据浏览器传递的名称和角色检查的，而不是靠听。</li>
<li>尚未翻译的文字，在其他语言的页面上以写作时的语言显示。</li>
<li>编辑部使用的正文编辑器是另一个项目的组件。它可以用键盘操作，但没有像读者页面那样仔细检查过。</li>
<li>视频和音频在读者要求之后由其他网站播放。其播放器以及有无字幕，不在我们的测试范围之内。</li>
<li>供下载的文件，如PDF和表格，其无障碍程度取决于制作者。</li>
<li>文字、表格和图片说明由编辑撰写，可能达不到程序所能做到的程度。</li>
</ul>
<h2>如果有什么妨碍了您</h2>
<p>请写信给编辑部，地址见页脚（如有提供）：是哪个页面，您尝试了什么，用的是哪种浏览器或辅助工具。编辑可以用其他方式向您提供该页的内容。程序中的缺陷可以为所有人修正。</p>
""",
    ),
}
